// The wiring: storage, keys, signer, verifier and accounts, built once and in the order they need each other.

import { readFile } from "node:fs/promises";
import { createAccounts, createPasswordHasher } from "@signet/accounts";
import { type ApiServices, jwksMaxAgeSeconds } from "@signet/api";
import { systemClock } from "@signet/auth/clock";
import { AuthError } from "@signet/auth/errors";
import { checkSecret, createKeyRing, type KeyRing, type KeyRingOptions } from "@signet/auth/keys";
import { type AccessTokenSigner, createAccessTokenSigner } from "@signet/auth/sign";
import { createAccessTokenVerifier } from "@signet/auth/verify";
import { createDatabase, openEmbeddedDatabase } from "@signet/db";
import type { Logger } from "pino";
import { z } from "zod";
import { SettingError, type Settings } from "../env.ts";
import { readOrCreateSecret } from "./generated-secret.ts";

export interface Services extends ApiServices {
  /** Ends what was begun, the database last. */
  close(): Promise<void>;
}

const publishable = ["ES256", "Ed25519", "RS256"] as const;
const keyPollMs = 5_000;
const startRetryMs = 1_000;

interface Options {
  log: Logger;
  /** Absolute. */
  dataDir: string;
  /** Tells a person what is being waited for. */
  onProgress(message: string): void;
}

/**
 * Opens everything that the API needs. A database that cannot be reached does not stop it: the process is alive, not
 * ready, and tries again until it is.
 *
 * @throws SettingError for secrets or keys that cannot be used; Error for a database that must not be touched.
 */
export async function openServices(settings: Settings, { log, dataDir, onProgress }: Options): Promise<Services> {
  // What can be wrong with settings shows before anything is opened.
  const given = settings.AUTH_SECRET === undefined ? undefined : usableSecrets("AUTH_SECRET", settings.AUTH_SECRET);
  const operatorKeys = settings.AUTH_KEYS_FILE === undefined ? undefined : await readKeysFile(settings.AUTH_KEYS_FILE);

  const embedded =
    settings.DATABASE_URL === undefined
      ? await openEmbeddedDatabase({ dataDir, onProgress, onOwnerEnded: (message) => log.warn(message) })
      : undefined;
  const secrets = given ?? usableSecrets("The generated secret", [await readOrCreateSecret(dataDir)]);
  const database = createDatabase(embedded?.connection ?? { connectionString: settings.DATABASE_URL ?? "" });

  const keyRing = usable(() =>
    createKeyRing({
      algorithm: settings.AUTH_ALGORITHM,
      secrets,
      store: database.signingKeys,
      clock: systemClock,
      jwksMaxAgeSeconds,
      onAlarm: (message, details) => log.error(details, message),
      ...(settings.AUTH_HS256_SECRET === undefined ? {} : { hs256Secret: settings.AUTH_HS256_SECRET }),
      ...(operatorKeys === undefined ? {} : { operatorKeys }),
    }),
  );
  const signer = createAccessTokenSigner({
    issuer: settings.APP_URL,
    audience: settings.AUTH_AUDIENCE,
    keys: keyRing,
    clock: systemClock,
    ttlSeconds: settings.ACCESS_TOKEN_TTL_SECONDS,
  });
  const verifier = createAccessTokenVerifier({
    issuer: settings.APP_URL,
    audience: settings.AUTH_AUDIENCE,
    // Each key has one algorithm, so that all that can be published are fine: a changed setting signs nobody out.
    algorithms: settings.AUTH_ALGORITHM === "HS256" ? ["HS256", ...publishable] : publishable,
    keys: keyRing,
    clock: systemClock,
    clockToleranceSeconds: settings.CLOCK_TOLERANCE_SECONDS,
  });
  const hasher = createPasswordHasher();
  const accounts = createAccounts({
    store: database.accounts,
    signer,
    hasher,
    clock: systemClock,
    passwordMinLength: settings.PASSWORD_MIN_LENGTH,
    sessionMaxSeconds: settings.SESSION_MAX_DAYS * 24 * 60 * 60,
  });

  const preparation = prepare({
    migrate: settings.MIGRATE_ON_START ? () => database.migrate() : undefined,
    keyRing,
    signer,
    log,
  });
  await preparation.firstAttempt;

  return {
    accounts,
    verifier,
    log,
    jwks: () => {
      if (!keyRing.loaded) throw new AuthError("keys_unavailable", "The keys are not known yet.");
      return keyRing.jwks();
    },
    readiness: async () => ({
      database: await wordFor(database.ping()),
      migrations: preparation.done() ? "ok" : "waiting for the database",
      keys: wordForKeys(keyRing),
    }),
    close: async () => {
      preparation.stop();
      await hasher.close();
      await database.close();
      await embedded?.close();
    },
  };
}

interface Preparation {
  /** Ends when the first attempt has: done, or to be repeated. Rejects with what no repetition mends. */
  firstAttempt: Promise<void>;
  done(): boolean;
  stop(): void;
}

/** Migrates and loads the keys, until both are done; then reads the keys again from time to time. */
function prepare({
  migrate,
  keyRing,
  signer,
  log,
}: {
  migrate: (() => Promise<void>) | undefined;
  keyRing: KeyRing;
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
      await loadKeys(keyRing);
      if (!tokensFit) await assertTokensFit(signer);
      tokensFit = true;
      if (unreachable) log.info("The database is reachable again.");
      unreachable = false;
    } catch (error) {
      if (!(error instanceof AuthError && error.reason === "storage_unavailable")) throw error;
      if (!unreachable) log.warn({ err: error }, "The database cannot be reached; trying again until it can.");
      unreachable = true;
    }
    if (!stopped) timer = setTimeout(repeat, unreachable ? startRetryMs : keyPollMs);
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
async function loadKeys(keyRing: KeyRing): Promise<void> {
  try {
    await keyRing.load();
  } catch (error) {
    if (error instanceof TypeError) throw new SettingError(`AUTH_KEYS_FILE: ${error.message}`);
    throw error;
  }
}

function wordForKeys(keyRing: KeyRing): string {
  if (!keyRing.loaded) return "not loaded";
  try {
    keyRing.signingKey();
    return "ok";
  } catch {
    return "none to sign with";
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

async function wordFor(check: Promise<unknown>): Promise<string> {
  try {
    await check;
    return "ok";
  } catch {
    // Why is in the log of whoever needed it; a health page tells nothing of the inside.
    return "unreachable";
  }
}

/** What the key ring finds wrong with its options is what is wrong with the settings. */
function usable(make: () => KeyRing): KeyRing {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new SettingError(
      `AUTH_SECRET, AUTH_ALGORITHM, AUTH_KEYS_FILE and AUTH_HS256_SECRET do not fit: ${error.message}`,
    );
  }
}

function usableSecrets(name: string, secrets: readonly string[]): readonly string[] {
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

async function readKeysFile(path: string): Promise<NonNullable<KeyRingOptions["operatorKeys"]>> {
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
