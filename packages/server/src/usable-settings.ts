// For whoever starts other processes with the same settings: what would stop them shows before anything is begun.

import type { Logger } from "pino";
import { usableSecrets } from "./key-settings.ts";
import { openKeysFile } from "./keys-file.ts";
import type { Settings } from "./settings.ts";

/** @throws SettingError for secrets and keys that no process could use. */
export async function assertUsable(settings: Settings, log: Logger): Promise<void> {
  if (settings.AUTH_SECRET !== undefined) usableSecrets("AUTH_SECRET", settings.AUTH_SECRET);
  for (const { id, secret } of settings.RESOURCE_SERVER_CLIENTS)
    usableSecrets(`RESOURCE_SERVER_CLIENTS of "${id}"`, [secret]);
  if (settings.AUTH_KEYS_FILE !== undefined) await openKeysFile(settings.AUTH_KEYS_FILE, log);
}
