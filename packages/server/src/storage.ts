// The database and the secrets: what every process of the issuer opens first, the operator's commands too.

import { jwksMaxAgeSeconds } from "@signet/api";
import { systemClock } from "@signet/auth/clock";
import { createKeyRing, type KeyRing } from "@signet/auth/keys";
import { createDatabase, type Database, openEmbeddedDatabase } from "@signet/db";
import type { Logger } from "pino";
import { readOrCreateSecret } from "./generated-secret.ts";
import { fitting, usableSecrets } from "./key-settings.ts";
import type { KeysFile } from "./keys-file.ts";
import type { Settings } from "./settings.ts";

export interface Storage {
  database: Database;
  /** The first makes, all are accepted. */
  secrets: readonly string[];
  close(): Promise<void>;
}

interface Options {
  /** Absolute. */
  dataDir: string;
  /** Tells a person what is being waited for. */
  onProgress(message: string): void;
  onOwnerEnded(message: string): void;
  /** How long one statement may take, in milliseconds; see `DatabaseOptions`. */
  timeoutMs?: number;
}

/**
 * Opens the database that the settings name, or joins the embedded one.
 *
 * @throws SettingError for secrets that cannot be used; UnusableDatabaseError for a folder that cannot be
 */
export async function openStorage(settings: Settings, options: Options): Promise<Storage> {
  const { dataDir, onProgress, onOwnerEnded, timeoutMs } = options;
  // What can be wrong with settings shows before anything is opened.
  const given = settings.AUTH_SECRET === undefined ? undefined : usableSecrets("AUTH_SECRET", settings.AUTH_SECRET);
  const embedded =
    settings.DATABASE_URL === undefined ? await openEmbeddedDatabase({ dataDir, onProgress, onOwnerEnded }) : undefined;
  let secrets: readonly string[];
  try {
    secrets = given ?? usableSecrets("The generated secret", [await readOrCreateSecret(dataDir)]);
  } catch (error) {
    await embedded?.close();
    throw error;
  }
  const database = createDatabase({
    ...(embedded?.connection ?? { connectionString: settings.DATABASE_URL ?? "" }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return {
    database,
    secrets,
    close: async () => {
      await database.close();
      await embedded?.close();
    },
  };
}

/** The keys of these settings; `load` fills the ring. @throws SettingError */
export function openKeyRing(
  settings: Settings,
  { database, secrets }: Pick<Storage, "secrets"> & { database: Pick<Database, "signingKeys"> },
  { keysFile, log }: { keysFile: KeysFile | undefined; log: Pick<Logger, "error"> },
): KeyRing {
  return fitting(() =>
    createKeyRing({
      algorithm: settings.AUTH_ALGORITHM,
      secrets,
      store: database.signingKeys,
      clock: systemClock,
      jwksMaxAgeSeconds,
      rotationDays: settings.KEY_ROTATION_DAYS,
      onAlarm: (message, details) => log.error(details, message),
      ...(settings.AUTH_HS256_SECRET === undefined ? {} : { hs256Secret: settings.AUTH_HS256_SECRET }),
      ...(keysFile === undefined ? {} : { operatorKeys: keysFile.keys }),
    }),
  );
}
