// Settings that are about keys, judged by those who will use them: what is wrong is one sentence for the operator.

import { readFile } from "node:fs/promises";
import { checkSecret, type KeyRing, type KeyRingOptions } from "@signet/auth/keys";
import { z } from "zod";
import { SettingError } from "../env.ts";

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

const jwkSet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/** @throws SettingError */
export async function readKeysFile(path: string): Promise<NonNullable<KeyRingOptions["operatorKeys"]>> {
  try {
    return jwkSet.parse(JSON.parse(await readFile(path, "utf8"))).keys;
  } catch (error) {
    // The cause is left out: it may quote the file.
    const why =
      error instanceof Error && "code" in error
        ? `it cannot be read (${String(error.code)})`
        : "it holds something else";
    throw new SettingError(`AUTH_KEYS_FILE must be the path of a private JWK Set, but ${why}: ${path}`);
  }
}
