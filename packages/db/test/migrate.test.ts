import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createDatabase, type Database, type EmbeddedDatabase, openEmbeddedDatabase } from "@signet/db";
import { createTestDatabase } from "@signet/db/testing";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProcess } from "./processes.ts";
import { openSchemaEngine } from "./schema-engine.ts";
import { sql } from "./sql.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const migrationsFolder = fileURLToPath(new URL("../prisma/migrations/", import.meta.url));
const names = readdirSync(migrationsFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted();

interface Row extends Record<string, unknown> {
  migration_name: string;
  checksum: string;
}

let connectionString: string;
let database: Database;
let close: () => Promise<void>;
const run = <Result extends Record<string, unknown>>(text: string, values?: unknown[]) =>
  sql<Result>(connectionString, text, values);
const applied = () => run<Row>("SELECT * FROM _prisma_migrations ORDER BY migration_name");

async function useTruePostgres(): Promise<void> {
  const created = await createTestDatabase();
  connectionString = created.connectionString;
  database = createDatabase({ connectionString });
  close = async () => {
    await database.close();
    await created.drop();
  };
}

let embedded: EmbeddedDatabase | undefined;
afterAll(() => embedded?.close());

async function useEmbedded(): Promise<void> {
  embedded ??= await openEmbeddedDatabase({ dataDir: temporaryFolder() });
  ({ connectionString } = embedded.connection);
  await run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  database = createDatabase({ connectionString });
  close = () => database.close();
}

describe.each([
  ["a true PostgreSQL", useTruePostgres],
  ["the embedded database", useEmbedded],
])("on %s", (_, use) => {
  beforeEach(use);
  afterEach(() => close());

  it("brings an empty database to exactly what the schema says", async () => {
    await database.migrate();
    expect(await (await openSchemaEngine(connectionString)).drift()).toBe("");
  });

  it("writes what Prisma's own tools agree with: nothing left to do, nothing changed, nothing failed", async () => {
    await database.migrate();
    const engine = await openSchemaEngine(connectionString);
    expect(await engine.history()).toMatchObject({ history: null, editedMigrationNames: [], failedMigrationNames: [] });
    expect(await engine.deploy()).toEqual([]);
  });

  it("agrees with what Prisma's own tools wrote", async () => {
    const engine = await openSchemaEngine(connectionString);
    expect(await engine.deploy()).toEqual(names);
    const before = await applied();
    await database.migrate();
    expect(await applied()).toEqual(before);
  });

  it("changes nothing the second time", async () => {
    await database.migrate();
    const before = await applied();
    expect(before.map(({ migration_name }) => migration_name)).toEqual(names);
    await database.migrate();
    expect(await applied()).toEqual(before);
  });

  it("lets ten clients migrate at once, and each migration be applied once", async () => {
    const others = Array.from({ length: 10 }, () => createDatabase({ connectionString }));
    await Promise.all(others.map((other) => other.migrate()));
    await Promise.all(others.map((other) => other.close()));
    expect((await applied()).map(({ migration_name }) => migration_name)).toEqual(names);
  });
});

describe("the table of migrations", () => {
  beforeEach(useTruePostgres);
  afterEach(() => close());

  it("holds the same columns, types and rows as the one that Prisma makes", async () => {
    const columns = `SELECT column_name, data_type, character_maximum_length, is_nullable, column_default
      FROM information_schema.columns WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`;
    await database.migrate();
    const ours = { columns: await run(columns), rows: await applied() };
    const other = await createTestDatabase();
    await (await openSchemaEngine(other.connectionString)).deploy();
    expect(ours.columns).toEqual(await sql(other.connectionString, columns));
    const theirs = await sql<Row>(other.connectionString, "SELECT * FROM _prisma_migrations ORDER BY migration_name");
    const ignoringChance = (row: Row) => ({ ...row, id: "", started_at: "", finished_at: "" });
    expect(ours.rows.map(ignoringChance)).toEqual(theirs.map(ignoringChance));
    await other.drop();
  });

  it("holds the SHA-256 of each file", async () => {
    await database.migrate();
    for (const { migration_name, checksum } of await applied()) {
      const content = readFileSync(`${migrationsFolder}${migration_name}/migration.sql`);
      expect(checksum).toBe(createHash("sha256").update(content).digest("hex"));
    }
  });

  it("stops a start, in one sentence with the name, when a migration was applied with other content", async () => {
    await database.migrate();
    await run("UPDATE _prisma_migrations SET checksum = repeat('0', 64)");
    await expect(database.migrate()).rejects.toThrow(
      new RegExp(`^The migration ${names[0]} was applied .* other content: [^\n]*\\.$`),
    );
  });

  it("stops a start, in one sentence with the name, when a migration has failed", async () => {
    await database.migrate();
    await run("UPDATE _prisma_migrations SET finished_at = NULL");
    await expect(database.migrate()).rejects.toThrow(
      new RegExp(`^The migration ${names[0]} has failed .*: [^\n]*\\.$`),
    );
  });

  it("lets a start go on over a failed migration that was rolled back, and applies it again", async () => {
    await database.migrate();
    await run(
      "DROP TABLE sessions, provider_accounts, hand_over_codes, users, signing_keys, revocations, revocation_counter, audit_events, attempt_counters",
    );
    await run("UPDATE _prisma_migrations SET finished_at = NULL, rolled_back_at = now()");
    await database.migrate();
    expect(await (await openSchemaEngine(connectionString)).drift()).toBe("");
  });

  it("lets an older version start on a database that a newer one has migrated", async () => {
    await database.migrate();
    await run(`INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
      VALUES ('new', repeat('0', 64), '29991231235959_from_a_newer_version', now(), 1)`);
    await expect(database.migrate()).resolves.toBeUndefined();
    expect(await applied()).toHaveLength(names.length + 1);
  });

  it("leaves nothing behind of a migration that fails", async () => {
    // The last table of the first migration is there already, so it fails at its end.
    await run("CREATE TABLE signing_keys (surprise text)");
    await expect(database.migrate()).rejects.toThrow(/already exists/);
    expect(await run("SELECT to_regclass('users') AS users")).toEqual([{ users: null }]);
    expect(await applied()).toEqual([]);
    await run("DROP TABLE signing_keys");
    await database.migrate();
  });

  it("needs no right to change tables when there is nothing to do", async () => {
    await database.migrate();
    const role = `reader_${Date.now()}`;
    await run(`CREATE ROLE ${role} LOGIN`);
    await run(`GRANT SELECT ON _prisma_migrations TO ${role}`);
    const url = new URL(connectionString);
    url.username = role;
    const limited = createDatabase({ connectionString: url.href });
    await expect(limited.migrate()).resolves.toBeUndefined();
    await limited.close();
    await run(`DROP OWNED BY ${role}`);
    await run(`DROP ROLE ${role}`);
  });

  it("is filled once when eight processes start at the same moment", async () => {
    const script = new URL("./processes/migrate.mjs", import.meta.url);
    const processes = Array.from({ length: 8 }, () => startProcess(script, connectionString));
    await Promise.all(processes.map((process) => process.hears("waiting")));
    for (const process of processes) process.tell("go");
    await Promise.all(processes.map((process) => process.exited));
    expect(processes.map(({ child }) => child.exitCode)).toEqual(processes.map(() => 0));
    expect((await applied()).map(({ migration_name }) => migration_name)).toEqual(names);
    expect(await (await openSchemaEngine(connectionString)).drift()).toBe("");
  });
});
