// What a command works with: the settings of the server it stands beside, and the same database.

import { fileURLToPath } from "node:url";
import type { AuditEvent } from "@signet/accounts";
import type { KeyRing, SigningKeyStore } from "@signet/auth/keys";
import type { Database } from "@signet/db";
import {
  dataDirOf,
  openKeyRing,
  openKeysFile,
  openStorage,
  settings as readSettings,
  type Settings,
} from "@signet/server";
import { CommandError } from "./command-error.ts";
import type { Output } from "./output.ts";

const repositoryDir = fileURLToPath(new URL("../../..", import.meta.url));

export interface Workplace {
  settings: Settings;
  database: Database;
  secrets: readonly string[];
  /** The keys as a server has them. A reader adds none to the table; `loaded` is false where one was missing. */
  openKeys(purpose: "read" | "change"): Promise<KeyRing>;
  /** Writes down what was done. */
  record(event: AuditEvent): Promise<void>;
}

export interface WorkplaceOptions {
  output: Output;
  /** Whether migrations are applied first, where the settings allow it. Default true. */
  migrate?: boolean;
  /** How long one statement may take, in milliseconds. Default 10,000. */
  timeoutMs?: number;
}

/** Opens the database, or joins the server that has it open, and leaves it afterwards. */
export async function withWorkplace<Result>(
  { output, migrate = true, timeoutMs = 10_000 }: WorkplaceOptions,
  use: (place: Workplace) => Promise<Result>,
): Promise<Result> {
  const settings = readSettings();
  const storage = await openStorage(settings, {
    dataDir: dataDirIn(settings),
    onProgress: output.warn,
    onOwnerEnded: output.warn,
    timeoutMs,
  });
  const { database, secrets } = storage;
  try {
    if (migrate) await prepareTables(database, settings);
    return await use({
      settings,
      database,
      secrets,
      openKeys: (purpose) => openKeys(settings, storage, purpose, output),
      record: (event) => record(database, event, output),
    });
  } finally {
    await storage.close();
  }
}

export function dataDirIn(settings: Settings): string {
  return dataDirOf(settings, repositoryDir);
}

async function prepareTables(database: Database, { MIGRATE_ON_START }: Settings): Promise<void> {
  if (MIGRATE_ON_START) return database.migrate();
  const pending = await database.pendingMigrations();
  if (pending.length === 0) return;
  throw new CommandError("The database lacks migrations, and MIGRATE_ON_START is false. Run: signet migrate");
}

async function openKeys(
  settings: Settings,
  { database, secrets }: Pick<Workplace, "database" | "secrets">,
  purpose: "read" | "change",
  output: Output,
): Promise<KeyRing> {
  const log = {
    info: () => {},
    error: (_details: unknown, message?: string) => output.warn(message ?? "A key is not in order."),
  };
  const keysFile = settings.AUTH_KEYS_FILE === undefined ? undefined : await openKeysFile(settings.AUTH_KEYS_FILE, log);
  const signingKeys = purpose === "read" ? readOnly(database.signingKeys) : database.signingKeys;
  const keys = openKeyRing(settings, { database: { signingKeys }, secrets }, { keysFile, log });
  try {
    await keys.load();
  } catch (error) {
    // A key is due, and a reader does not add it; what the table holds is known all the same.
    if (purpose === "change" || !isKeyMissing(error)) throw error;
  }
  return keys;
}

function readOnly(store: SigningKeyStore): SigningKeyStore {
  return { ...store, insertKey: async () => {} };
}

function isKeyMissing(error: unknown): boolean {
  return error instanceof Error && "reason" in error && error.reason === "keys_unavailable";
}

/** What was done stays done; that it is not written down is said. */
async function record(database: Database, event: AuditEvent, output: Output): Promise<void> {
  try {
    await database.audit.write([{ ...event, detail: { ...event.detail, by: "operator" }, ageMs: 0 }]);
  } catch {
    output.warn("This was done, but could not be written to the audit log.");
  }
}
