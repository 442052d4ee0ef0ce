// The wiring: storage, keys, signer, verifier and accounts, built once and in the order they need each other.

import { createAccounts, createBudgets, createPasswordHasher } from "@signet/accounts";
import { type ApiServices, createMetrics } from "@signet/api";
import { systemClock } from "@signet/auth/clock";
import { AuthError } from "@signet/auth/errors";
import type { KeyDescription, KeyRing } from "@signet/auth/keys";
import { createRevocations, type Revocations } from "@signet/auth/revocation";
import { createAccessTokenSigner } from "@signet/auth/sign";
import { createAccessTokenVerifier } from "@signet/auth/verify";
import type { Logger } from "pino";
import { createAuditQueue } from "./audit-queue.ts";
import { openProviders } from "./identity-providers.ts";
import { usableSecrets } from "./key-settings.ts";
import { type KeysFile, openKeysFile } from "./keys-file.ts";
import { prepare } from "./preparation.ts";
import type { Settings } from "./settings.ts";
import { openKeyRing, openStorage, type Storage } from "./storage.ts";

export interface Services extends ApiServices {
  /** Ends what was begun, the database last. */
  close(): Promise<void>;
}

/** What nothing needs any more is removed this often: revocations, sessions, audit events, counters. */
const cleaningMs = 60_000;
/** A process whose clock is further from the database's than this would make tokens that others refuse. */
const maxClockDifferenceMs = 30_000;
const daySeconds = 24 * 60 * 60;

const publishable = ["ES256", "Ed25519", "RS256"] as const;

interface Options {
  log: Logger;
  /** Absolute. */
  dataDir: string;
  /** Tells a person what is being waited for. */
  onProgress(message: string): void;
}

/**
 * Opens everything that the API needs. A database that cannot be reached does not stop it: the process is alive, not
 * ready, and tries again until it is. What was opened is closed again when something else fails.
 *
 * @throws SettingError for secrets or keys that cannot be used; Error for a database that must not be touched.
 */
export async function openServices(settings: Settings, { log, dataDir, onProgress }: Options): Promise<Services> {
  // What can be wrong with settings shows before anything is opened.
  for (const { id, secret } of settings.RESOURCE_SERVER_CLIENTS)
    usableSecrets(`RESOURCE_SERVER_CLIENTS of "${id}"`, [secret]);
  const keysFile = settings.AUTH_KEYS_FILE === undefined ? undefined : await openKeysFile(settings.AUTH_KEYS_FILE, log);

  const storage = await openStorage(settings, { dataDir, onProgress, onOwnerEnded: (message) => log.warn(message) });
  try {
    return await beginServices(settings, { storage, keysFile, log });
  } catch (error) {
    await storage.close();
    throw error;
  }
}

async function beginServices(
  settings: Settings,
  { storage, keysFile, log }: { storage: Storage; keysFile: KeysFile | undefined; log: Logger },
): Promise<Services> {
  const { database, secrets } = storage;
  const keyRing = openKeyRing(settings, storage, { keysFile, log });
  const revocations = createRevocations({
    source: database.revocations,
    clock: systemClock,
    whenStale: settings.STALE_REVOCATIONS,
    staleAfterSeconds: settings.STALE_REVOCATIONS_AFTER_SECONDS,
    onProblem: (cause) => log.warn({ err: cause }, "Revocations cannot be read; trying again until they can."),
    onRecovered: () => log.info("Revocations are read again."),
  });
  const signer = createAccessTokenSigner({
    issuer: settings.APP_URL,
    audience: settings.AUTH_AUDIENCE,
    keys: keyRing,
    clock: systemClock,
    ttlSeconds: settings.ACCESS_TOKEN_TTL_SECONDS,
  });
  const metrics = createMetrics();
  const verifier = createAccessTokenVerifier({
    issuer: settings.APP_URL,
    audience: settings.AUTH_AUDIENCE,
    // Each key has one algorithm, so that all that can be published are fine: a changed setting signs nobody out.
    algorithms: settings.AUTH_ALGORITHM === "HS256" ? ["HS256", ...publishable] : publishable,
    keys: keyRing,
    clock: systemClock,
    clockToleranceSeconds: settings.CLOCK_TOLERANCE_SECONDS,
    revocations,
    onLookup: metrics.countLookup,
  });
  const hasher = createPasswordHasher();
  const audit = createAuditQueue({
    write: (events) => database.audit.write(events),
    log,
    onDropped: (count) => metrics.countAuditDropped(count),
  });
  const [secret = ""] = secrets;
  const budgets = createBudgets({
    counters: database.counters,
    secret,
    limits: {
      signInsPerAccount: settings.SIGN_INS_PER_ACCOUNT,
      signInsPerAddress: settings.SIGN_INS_PER_ADDRESS,
      signUpsPerAddress: settings.SIGN_UPS_PER_ADDRESS,
    },
    clock: systemClock,
  });
  const accounts = createAccounts({
    store: database.accounts,
    signer,
    hasher,
    providers: openProviders(settings),
    budgets,
    clock: systemClock,
    secrets,
    passwordMinLength: settings.PASSWORD_MIN_LENGTH,
    sessionMaxSeconds: settings.SESSION_MAX_DAYS * daySeconds,
    sessionIdleSeconds: settings.SESSION_IDLE_DAYS * daySeconds,
    onSessionsEnded: () => void revocations.poll(),
    onIncident: (incident) => {
      log.warn(incident, "a refresh token was used twice");
      metrics.countIncident(incident);
    },
    onProviderProblem({ provider, problem, client: { address }, error }) {
      const level = problem === "unavailable" || problem === "refused" ? "warn" : "info";
      // What led to the error is left out: libraries put the answer itself there, with its code.
      log[level]({ event: "provider_sign_in", provider, result: problem, address, why: error?.message });
      metrics.countProviderProblem(provider, problem);
    },
    audit,
  });

  const preparation = prepare({
    migrate: settings.MIGRATE_ON_START ? () => database.migrate() : undefined,
    keyRing,
    keysFile,
    signer,
    log,
  });
  try {
    await preparation.firstAttempt;
  } catch (error) {
    preparation.stop();
    await hasher.close();
    throw error;
  }
  revocations.subscribe(keyRing.noticeRevoked);
  revocations.start();
  const cleaning = setInterval(() => {
    Promise.all([
      database.revocations.removeExpired(),
      database.audit.removeOlderThan(settings.AUDIT_RETENTION_DAYS),
      database.counters.removeExpired(),
      database.removeOldSessions(),
      database.removeOldCodes(),
    ]).catch((err: unknown) => log.warn({ err }, "What is old was not removed; the next attempt is in a minute."));
  }, cleaningMs);

  return {
    accounts,
    verifier,
    revocations,
    revocationPages: database.revocations,
    issuer: settings.APP_URL,
    clients: settings.RESOURCE_SERVER_CLIENTS,
    budgets,
    metrics,
    audit,
    connections: () => database.connections(),
    keyAges: () => keyRing.describe().flatMap(toKeyAge),
    origins: {
      own: settings.API_URL,
      allowed: [settings.APP_URL, ...settings.ALLOWED_ORIGINS],
      pages: settings.APP_URL,
    },
    log,
    jwks: () => {
      if (!keyRing.loaded) throw new AuthError("keys_unavailable", "The keys are not known yet.");
      return keyRing.jwks();
    },
    readiness: async () => ({
      database: await wordFor(database.ping()),
      migrations: preparation.done() ? "ok" : "waiting for the database",
      keys: wordForKeys(keyRing, keysFile),
      clock: Math.abs(keyRing.databaseClockAheadMs) > maxClockDifferenceMs ? "too far from the database's" : "ok",
      revocations: wordForRevocations(revocations),
    }),
    close: async () => {
      preparation.stop();
      clearInterval(cleaning);
      await revocations.stop();
      await hasher.close();
      await audit.close();
      await storage.close();
    },
  };
}

function wordForKeys(keyRing: KeyRing, keysFile: KeysFile | undefined): string {
  if (!keyRing.loaded) return "not loaded";
  try {
    keyRing.signingKey();
    return keysFile?.problem() === undefined ? "ok" : "ok: by the last good AUTH_KEYS_FILE, which is bad now";
  } catch {
    return "none to sign with";
  }
}

function toKeyAge({ kid, phase, row }: KeyDescription) {
  return row === undefined ? [] : [{ kid, state: phase, ageSeconds: (Date.now() - row.publishedAt.getTime()) / 1000 }];
}

function wordForRevocations(revocations: Revocations): string {
  if (!revocations.ready) return "not loaded";
  return revocations.stale ? `${Math.floor(revocations.ageMs() / 1000)} s old` : "ok";
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
