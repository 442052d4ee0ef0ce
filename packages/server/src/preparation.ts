// What has to be done before requests make sense, tried again until it is: migrations, then keys. Afterwards the keys are
// read again from time to time.

import { AuthError } from "@signet/auth/errors";
import type { KeyRing } from "@signet/auth/keys";
import type { AccessTokenSigner } from "@signet/auth/sign";
import type { Logger } from "pino";
import type { KeysFile } from "./keys-file.ts";
import { SettingError } from "./setting-error.ts";

const keyPollMs = 5_000;
const retryMs = 1_000;

export interface Preparation {
  /** Ends when the first attempt has: done, or to be repeated. Rejects with what no repetition mends. */
  firstAttempt: Promise<void>;
  done(): boolean;
  stop(): void;
}

/** Migrates and loads the keys, until both are done; then reads the keys again from time to time. */
export function prepare({
  migrate,
  keyRing,
  keysFile,
  signer,
  log,
}: {
  migrate: (() => Promise<void>) | undefined;
  keyRing: KeyRing;
  /** The operator's own keys, where there are some. */
  keysFile: KeysFile | undefined;
  signer: AccessTokenSigner;
  log: Logger;
}): Preparation {
  let migrated = migrate === undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let tokensFit = false;
  let unreachable = false;

  const attempt = async () => {
    try {
      if (!migrated) await migrate?.();
      migrated = true;
      await loadKeys(keyRing, keysFile !== undefined);
      await keysFile?.follow(keyRing);
      if (!tokensFit) await assertTokensFit(signer);
      tokensFit = true;
      if (unreachable) log.info("The database is reachable again.");
      unreachable = false;
    } catch (error) {
      if (!(error instanceof AuthError && error.reason === "storage_unavailable")) throw error;
      if (!unreachable) log.warn({ err: error }, "The database cannot be reached; trying again until it can.");
      unreachable = true;
    }
    if (!stopped) timer = setTimeout(repeat, unreachable ? retryMs : keyPollMs);
  };
  const repeat = () => {
    attempt().catch((error: unknown) => {
      log.error({ err: error }, "The keys could not be read.");
      if (!stopped) timer = setTimeout(repeat, keyPollMs);
    });
  };

  return {
    firstAttempt: attempt(),
    done: () => migrated,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** @throws SettingError for keys of the operator that cannot be used. */
async function loadKeys(keyRing: KeyRing, fromFile: boolean): Promise<void> {
  try {
    await keyRing.load();
  } catch (error) {
    // The only keys that can be wrong by then; where there are none, it is a mistake of ours and no setting's.
    if (error instanceof TypeError && fromFile) throw new SettingError(`AUTH_KEYS_FILE: ${error.message}`);
    throw error;
  }
}

/**
 * Signs what the longest name would get, so that settings under which somebody could not sign in show at the start.
 *
 * @throws SettingError
 */
async function assertTokensFit(signer: AccessTokenSigner): Promise<void> {
  const longest = { subject: "x".repeat(22), sessionId: "x".repeat(22), username: "\u{10000}".repeat(64) };
  try {
    await signer.sign({ ...longest, scope: [], authTime: 0, amr: ["pwd"] });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SettingError(
      "Tokens would be too long under these settings: AUTH_AUDIENCE names too many, or APP_URL is too long.",
    );
  }
}
