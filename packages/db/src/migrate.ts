// Applies the migrations of `prisma/migrations` in-process, without Prisma's schema engine, and keeps the same table in the same way, so
// that `prisma migrate deploy` and `prisma migrate status` agree with what was done here.

import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { Client, type ClientConfig, DatabaseError } from "pg";
import { isUnavailable, storageUnavailable } from "./storage-errors.ts";
import { UnusableDatabaseError } from "./unusable-database-error.ts";

interface Migration {
  name: string;
  sql: string;
  /** SHA-256 of the file, in hexadecimal digits, as Prisma writes it. */
  checksum: string;
}

interface AppliedMigration {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
  rolled_back_at: Date | null;
}

const migrationsFolder = new URL("../prisma/migrations/", import.meta.url);
/** Who waits for another process to migrate gives up after this. */
const lockTimeoutMs = 120_000;
const alreadyExists = new Set(["23505", "42710", "42P07"]);

/**
 * Brings the database to the newest migration. Several processes may do so at once: each migration runs in one transaction under
 * a lock of `_prisma_migrations`, and whoever comes later finds it done. Migrations that only a newer version knows are fine.
 *
 * @throws AuthError `storage_unavailable` when the database cannot be reached
 * @throws UnusableDatabaseError when the database must not be touched: a migration was changed or has failed
 */
export async function migrate(config: ClientConfig): Promise<void> {
  const migrations = await readMigrations();
  await withClient(config, async (client) => {
    if (pendingOf(migrations, await readApplied(client)).length === 0) return;
    await createTable(client);
    while (await applyNext(client, migrations));
  });
}

/** The names of the migrations that `migrate` would apply; throws as it does. */
export async function pendingMigrations(config: ClientConfig): Promise<string[]> {
  const migrations = await readMigrations();
  return withClient(config, async (client) => pendingOf(migrations, await readApplied(client)).map(({ name }) => name));
}

async function withClient<Result>(config: ClientConfig, use: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ ...config, lock_timeout: lockTimeoutMs });
  // An error while nothing is asked shows at the next question.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await use(client);
  } catch (error) {
    throw isUnavailable(error) ? storageUnavailable(error) : error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** @returns Whether there may be more to do. */
async function applyNext(client: Client, migrations: readonly Migration[]): Promise<boolean> {
  await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
  try {
    await client.query("LOCK TABLE _prisma_migrations IN EXCLUSIVE MODE");
    const [next] = pendingOf(migrations, await readApplied(client));
    if (next !== undefined) {
      await client.query(next.sql);
      await client.query(
        `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, applied_steps_count)
         VALUES ($1, $2, clock_timestamp(), $3, NULL, NULL, now(), 1)`,
        [randomUUID(), next.checksum, next.name],
      );
    }
    await client.query("COMMIT");
    return next !== undefined;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

function pendingOf(migrations: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  const standing = applied.filter((row) => row.rolled_back_at === null);
  const failed = standing.find((row) => row.finished_at === null);
  if (failed !== undefined) {
    throw new UnusableDatabaseError(
      `The migration ${failed.migration_name} has failed in this database: repair the database, then mark it with "prisma migrate resolve", and start again.`,
    );
  }
  const checksums = new Map(standing.map((row) => [row.migration_name, row.checksum]));
  const changed = migrations.find(({ name, checksum }) => (checksums.get(name) ?? checksum) !== checksum);
  if (changed !== undefined) {
    throw new UnusableDatabaseError(
      `The migration ${changed.name} was applied to this database with other content: restore prisma/migrations/${changed.name}/migration.sql, or use another database.`,
    );
  }
  return migrations.filter(({ name }) => !checksums.has(name));
}

async function readApplied(client: Client): Promise<AppliedMigration[]> {
  const { rows: tables } = await client.query("SELECT to_regclass('_prisma_migrations') IS NOT NULL AS present");
  if (tables[0]?.present !== true) return [];
  const { rows } = await client.query<AppliedMigration>(
    "SELECT migration_name, checksum, finished_at, rolled_back_at FROM _prisma_migrations",
  );
  return rows;
}

/** The table as Prisma makes it. */
async function createTable(client: Client): Promise<void> {
  try {
    await client.query(`CREATE TABLE IF NOT EXISTS _prisma_migrations (
      id                  VARCHAR(36) PRIMARY KEY NOT NULL,
      checksum            VARCHAR(64) NOT NULL,
      finished_at         TIMESTAMPTZ,
      migration_name      VARCHAR(255) NOT NULL,
      logs                TEXT,
      rolled_back_at      TIMESTAMPTZ,
      started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
      applied_steps_count INTEGER NOT NULL DEFAULT 0
    )`);
  } catch (error) {
    // IF NOT EXISTS does not wait for another process that is making the table at this moment, and then fails.
    if (!(error instanceof DatabaseError && alreadyExists.has(error.code ?? ""))) throw error;
  }
}

async function readMigrations(): Promise<Migration[]> {
  const entries = await readdir(migrationsFolder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.toSorted().map(async (name) => {
      const content = await readFile(new URL(`${name}/migration.sql`, migrationsFolder));
      return { name, sql: content.toString("utf8"), checksum: createHash("sha256").update(content).digest("hex") };
    }),
  );
}
