// Prisma's own schema engine, in WebAssembly: what it says of a database that we migrated is what `prisma migrate` would say.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import * as engineBindings from "@prisma/schema-engine-wasm/schema_engine_bg";
import { Pool, type QueryResult, types } from "pg";

const prismaFolder = fileURLToPath(new URL("../prisma/", import.meta.url));
const schema = { path: "schema.prisma", content: readFileSync(`${prismaFolder}schema.prisma`, "utf8") };
const filters = { externalTables: [], externalEnums: [] };

export interface SchemaEngine {
  /** What SQL would bring the database to the schema; "" when it is there. */
  drift(): Promise<string>;
  /** What `prisma migrate status` looks at. */
  history(): Promise<{ editedMigrationNames: string[]; failedMigrationNames: string[]; history: unknown }>;
  /** `prisma migrate deploy`. @returns Names of the migrations it applied. */
  deploy(): Promise<string[]>;
}

/**
 * The engine reads PostgreSQL's catalogue, whose columns of type "char" the adapter refuses. They are one letter of text; here
 * they pass as that, and are called characters where the engine insists.
 */
class CatalogAdapter extends PrismaPg {
  constructor(connectionString: string) {
    super(new CatalogPool({ connectionString }), { disposeExternalPool: true });
  }

  override async connect() {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      const at = result.columnNames.indexOf("constraint_type");
      if (at >= 0) result.columnTypes[at] = ColumnTypeEnum.Character;
      return result;
    };
    return adapter;
  }
}

class CatalogPool extends Pool {
  override query(...args: unknown[]): never {
    const query = super.query as (...args: unknown[]) => Promise<QueryResult>;
    return query.apply(this, args).then((result) => {
      for (const field of result.fields) if (field.dataTypeID === charType) field.dataTypeID = textType;
      return result;
    }) as never;
  }
}

const charType = 18;
const textType = types.builtins.TEXT;

let loaded: Promise<void> | undefined;

export async function openSchemaEngine(connectionString: string): Promise<SchemaEngine> {
  loaded ??= load();
  await loaded;
  const engine = await engineBindings.SchemaEngine.new(
    { datamodels: [[schema.path, schema.content]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(new CatalogAdapter(connectionString)),
  );
  return {
    async drift() {
      const from = { tag: "schemaDatasource" as const, files: [schema], configDir: prismaFolder };
      const to = { tag: "schemaDatamodel" as const, files: [schema] };
      const { stdout } = await engine.diff({
        from,
        to,
        script: true,
        exitCode: null,
        filters,
      });
      return (stdout ?? "").replaceAll(/^-- This is an empty migration\.\s*$/gm, "").trim();
    },
    history: () =>
      engine.diagnoseMigrationHistory({ migrationsList: migrations(), optInToShadowDatabase: false, filters }),
    deploy: async () => (await engine.applyMigrations({ migrationsList: migrations(), filters })).appliedMigrationNames,
  };
}

async function load(): Promise<void> {
  const file = createRequire(import.meta.url)
    .resolve("@prisma/schema-engine-wasm/schema_engine_bg")
    .replace(/\.js$/, ".wasm");
  const { instance } = await WebAssembly.instantiate(readFileSync(file), {
    "./schema_engine_bg.js": engineBindings as unknown as WebAssembly.ModuleImports,
  });
  const exports = instance.exports as { __wbindgen_start(): void };
  (engineBindings as unknown as { __wbg_set_wasm(exports: unknown): void }).__wbg_set_wasm(exports);
  exports.__wbindgen_start();
}

function migrations() {
  const folder = `${prismaFolder}migrations`;
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return {
    baseDir: folder,
    lockfile: { path: "migration_lock.toml", content: readFileSync(`${folder}/migration_lock.toml`, "utf8") },
    shadowDbInitScript: "",
    migrationDirectories: names.map(({ name }) => ({
      path: name,
      migrationFile: {
        path: "migration.sql",
        content: { tag: "ok" as const, value: readFileSync(`${folder}/${name}/migration.sql`, "utf8") },
      },
    })),
  };
}
