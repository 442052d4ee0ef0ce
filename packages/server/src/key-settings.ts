// Settings that are about keys, judged by those who will use them: what is wrong is one sentence for the operator.

import { checkSecret, type KeyRing } from "@signet/auth/keys";
import { SettingError } from "./setting-error.ts";

/** What the key ring finds wrong with its options is what is wrong with the settings. */
export function fitting(make: () => KeyRing): KeyRing {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new SettingError(
      `AUTH_SECRET, AUTH_ALGORITHM, AUTH_KEYS_FILE and AUTH_HS256_SECRET do not fit: ${error.message}`,
    );
  }
}

/** @throws SettingError with what is wrong, never with the secret. */
export function usableSecrets(name: string, secrets: readonly string[]): readonly string[] {
  for (const secret of secrets) {
    try {
      checkSecret(secret);
    } catch (error) {
      throw new SettingError(`${name}: ${error instanceof Error ? error.message : "cannot be used."}`);
    }
  }
  return secrets;
}
