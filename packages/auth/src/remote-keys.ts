// Somebody else's keys: a JWK Set that is fetched, kept in memory and fetched anew in the background. While the issuer is down,
// or answers with nonsense, the last good set stays in use for a stated time.

import type { Clock } from "./clock.ts";
import { AuthError } from "./errors.ts";
import type { IssuerMetadata } from "./issuer-metadata.ts";
import { importJwkSet } from "./jwks.ts";
import { fetchJson, type RemoteJson } from "./remote-json.ts";
import type { SigningAlgorithm, VerificationKey, VerificationKeys } from "./verification-keys.ts";
import { type Schedule, withinTime } from "./within-time.ts";

export interface RemoteKeysOptions {
  endpoints: IssuerMetadata;
  /** Keys of others are left out. */
  algorithms: readonly SigningAlgorithm[];
  staleSeconds: number;
  timeoutMs: number;
  fetch: typeof fetch;
  clock: Clock;
  monotonicMs: () => number;
  schedule: Schedule;
  random: () => number;
  /** Told of a fetch that goes on when the request that began it is over. */
  waitUntil: (work: Promise<unknown>) => void;
  /** Ends what is under way, and everything after it. */
  signal: AbortSignal;
  onProblem(error: unknown): void;
  onRecovered(): void;
}

export interface RemoteKeys extends VerificationKeys {
  /** Begins to fetch, and to fetch anew whenever it is time. */
  start(): void;
  /**
   * Says what was revoked. When one of our keys is among it, another takes its place at once, and not every process of the issuer
   * knows that one in the same moment: for half a minute a token that names an unknown key waits for it, instead of being refused.
   */
  noticeRevoked(ids: readonly string[]): void;
  /** Whether there are keys that may be used, and whether the last fetch was all right. */
  status(): "ok" | "stale" | "missing";
  /** How often a token named a key that was in no set of the issuer's. */
  unknownKids(): number;
  /** How old the newest set is: for how long it has not been confirmed. Infinity before there is one. */
  ageMs(): number;
}

const maxBytes = 256 * 1024;
const coolDownMs = 30_000;
/** After one of its keys was revoked, the issuer is asked for the next one this often, */
const replacementLookMs = 700;
/** by each token so many times, */
const replacementLooks = 3;
/** and for so long. */
const replacementMs = 30_000;
const defaultMaxAgeSeconds = 300;
const leastMaxAgeSeconds = 30;
const mostMaxAgeSeconds = 24 * 60 * 60;
/** More than an issuer ever publishes in the life of a token. */
const mostGoneKids = 200;
const firstRetryMs = 1_000;
const maxRetryMs = 60_000;
/** For so long a set is in doubt that shares no key with the last one: until no token of those before can be alive. */
const doubtMs = (900 + 120) * 1000;

/** What the issuer once answered. */
interface KeySet {
  keys: ReadonlyMap<string, VerificationKey>;
  etag: string | null;
  /** When it was last confirmed, on both clocks: one may stand still while the machine sleeps, the other be set back. */
  at: { monotonic: number; wall: number };
  maxAgeMs: number;
}

export function createRemoteKeys(options: RemoteKeysOptions): RemoteKeys {
  const { endpoints, algorithms, staleSeconds, timeoutMs, fetch, clock, monotonicMs, schedule, random } = options;
  const { signal, waitUntil, onProblem, onRecovered } = options;

  let good: KeySet | undefined;
  /** A set that has none of the good one's keys. It may be a mistake, so it does not take the other's place at once. */
  let beside: KeySet | undefined;
  let besideSince = 0;
  let loading: Promise<void> | undefined;
  let failures = 0;
  let retryAt = Number.NEGATIVE_INFINITY;
  let lookedForUnknownAt = Number.NEGATIVE_INFINITY;
  /** The names of keys that the issuer has taken out: nobody waits for one of those. */
  let goneKids: readonly string[] = [];
  let replacedUntil = Number.NEGATIVE_INFINITY;
  let hasProblem = false;
  let unknownKids = 0;
  let isStarted = false;
  let cancelTimer: (() => void) | undefined;
  signal.addEventListener("abort", () => cancelTimer?.());

  const ageOf = ({ at }: KeySet) => Math.max(0, monotonicMs() - at.monotonic, clock() - at.wall);
  // Put this way round so that an age that cannot be told is too high.
  const isUsable = (set: KeySet | undefined): set is KeySet => set !== undefined && ageOf(set) <= staleSeconds * 1000;
  const newest = () => beside ?? good;

  function findKnownKey(kid: string): VerificationKey | undefined {
    return keysOf(beside)?.get(kid) ?? keysOf(good)?.get(kid);
  }

  function keysOf(set: KeySet | undefined) {
    return isUsable(set) ? set.keys : undefined;
  }

  function isDue(): boolean {
    if (monotonicMs() < retryAt) return false;
    const set = newest();
    return failures > 0 || set === undefined || !(ageOf(set) < set.maxAgeMs);
  }

  function ask(): Promise<RemoteJson> {
    const etag = newest()?.etag;
    return withinTime(
      async (waiting) => {
        const { jwksUrl } = await endpoints.find();
        const headers: Record<string, string> = {
          Accept: "application/jwk-set+json, application/json",
          ...(etag ? { "If-None-Match": etag } : {}),
        };
        return fetchJson(jwksUrl, { fetch, maxBytes, headers, signal: waiting });
      },
      { timeoutMs, schedule, message: "The issuer's keys did not come in time.", signal },
    );
  }

  async function loadOnce(): Promise<void> {
    // Counted from before the question, as the answer may be that old.
    const at = { monotonic: monotonicMs(), wall: clock() };
    const { headers, body } = await ask();
    // Well before nothing is accepted any more, so that there is time to try again.
    const maxAgeMs = Math.min(maxAgeSecondsOf(headers), staleSeconds / 2) * 1000 * (0.9 + random() / 10);
    const before = newest();
    if (body === undefined && before !== undefined) {
      Object.assign(before, { at, maxAgeMs });
    } else {
      const keys = new Map((await importJwkSet(body)).filter(isAccepted).map((key) => [key.kid, key]));
      if (keys.size === 0) throw new Error("The JWK Set holds no key of an accepted algorithm.");
      accept({ keys, etag: headers.get("ETag"), at, maxAgeMs });
    }
    // Whether the older of two sets has had its time.
    const isBelieved = monotonicMs() - besideSince >= doubtMs;
    if (beside !== undefined && (isBelieved || !isUsable(good))) replaceBy(beside);
    if (beside !== undefined) throw new Error("The JWK Set shares no key with the last one. Both are used.");
  }

  const isAccepted = ({ algorithm }: VerificationKey) => algorithms.includes(algorithm);

  /** A good set is replaced by one that continues it, or when its time is over. */
  function accept(set: KeySet): void {
    const gone = [...(good?.keys.keys() ?? [])].filter((kid) => !set.keys.has(kid));
    // The set may come without a revoked key before the feed says so.
    if (gone.length > 0) expectReplacement();
    goneKids = [...gone, ...goneKids].slice(0, mostGoneKids);
    if (!isUsable(good) || continues(set, good)) return replaceBy(set);
    if (beside === undefined || !continues(set, beside)) besideSince = monotonicMs();
    beside = set;
  }

  function replaceBy(set: KeySet): void {
    good = set;
    beside = undefined;
  }

  async function runLoad(): Promise<void> {
    try {
      await loadOnce();
      failures = 0;
      if (hasProblem) onRecovered();
      hasProblem = false;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      const backOffMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 10));
      // Those who lost the same issuer at one moment must not come back to it at one moment.
      retryAt = monotonicMs() + backOffMs * (0.5 + random() / 2);
      if (!hasProblem) onProblem(error);
      hasProblem = true;
      endpoints.doubt();
    }
  }

  function load(): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    if (loading === undefined) {
      loading = runLoad().finally(() => {
        loading = undefined;
        if (isStarted && !signal.aborted) plan();
      });
      waitUntil(loading);
    }
    return loading;
  }

  function loadIfDue(): Promise<void> | undefined {
    return loading ?? (isDue() ? load() : undefined);
  }

  function plan(): void {
    cancelTimer?.();
    const set = newest();
    const waitMs = failures > 0 || set === undefined ? retryAt - monotonicMs() : set.maxAgeMs - ageOf(set);
    cancelTimer = schedule(() => void (loadIfDue() ?? plan()), Math.max(1, waitMs));
  }

  /** One look per cool-down, whatever names strangers make up; those who come meanwhile share it. */
  function lookForUnknown(): Promise<void> | undefined {
    if (loading !== undefined) return loading;
    if (monotonicMs() - lookedForUnknownAt < (isBeingReplaced() ? replacementLookMs : coolDownMs)) return undefined;
    lookedForUnknownAt = monotonicMs();
    return load();
  }

  function expectReplacement(): void {
    replacedUntil = monotonicMs() + replacementMs;
  }

  const isBeingReplaced = () => monotonicMs() < replacedUntil;

  const mayBeReplacement = (kid: string) => isBeingReplaced() && !goneKids.includes(kid);

  function findLookedFor(kid: string) {
    return findKnownKey(kid) ?? (mayBeReplacement(kid) ? findReplacement(kid) : undefined);
  }

  async function findReplacement(kid: string): Promise<VerificationKey | undefined> {
    for (let look = 1; look <= replacementLooks && !signal.aborted; look += 1) {
      await lookForUnknown();
      const key = findKnownKey(kid);
      if (key !== undefined) return key;
      if (look < replacementLooks) await new Promise<void>((resolve) => void schedule(resolve, replacementLookMs));
    }
    return undefined;
  }

  async function findFirst(kid: string): Promise<VerificationKey | undefined> {
    await loadIfDue();
    if (isUsable(good) || isUsable(beside)) return findKnownKey(kid);
    const retryAfterSeconds = Math.max(1, Math.ceil((retryAt - monotonicMs()) / 1000));
    throw new AuthError("keys_unavailable", "The issuer's keys are not known at the moment.", { retryAfterSeconds });
  }

  return {
    findKey(kid) {
      // What nearly every call comes to.
      const key = good?.keys.get(kid);
      if (key !== undefined && good !== undefined && ageOf(good) < good.maxAgeMs) return key;
      if (!isUsable(good) && !isUsable(beside)) return findFirst(kid);
      // In the background: a key that is known is never waited for.
      void loadIfDue();
      const known = findKnownKey(kid);
      if (known !== undefined) return known;
      unknownKids += 1;
      return mayBeReplacement(kid) ? findReplacement(kid) : lookForUnknown()?.then(() => findLookedFor(kid));
    },
    start() {
      if (isStarted) return;
      isStarted = true;
      void load();
    },
    noticeRevoked(ids) {
      if (ids.some((id) => findKnownKey(id) !== undefined)) expectReplacement();
    },
    status() {
      if (!isUsable(good) && !isUsable(beside)) return "missing";
      return failures === 0 ? "ok" : "stale";
    },
    unknownKids: () => unknownKids,
    ageMs() {
      const set = newest();
      return set === undefined ? Number.POSITIVE_INFINITY : ageOf(set);
    },
  };
}

function continues(set: KeySet, former: KeySet): boolean {
  return [...set.keys.keys()].some((kid) => former.keys.has(kid));
}

/** For how long the answer may be kept, less what it has been on the way (RFC 9111 §4.2). */
function maxAgeSecondsOf(headers: Headers): number {
  const maxAge = /(?:^|[\s,])max-age="?(\d{1,9})\b/i.exec(headers.get("Cache-Control") ?? "")?.[1];
  const age = /^\d{1,9}$/.exec(headers.get("Age") ?? "")?.[0] ?? "0";
  const seconds = maxAge === undefined ? defaultMaxAgeSeconds : Number(maxAge) - Number(age);
  return Math.min(mostMaxAgeSeconds, Math.max(leastMaxAgeSeconds, seconds));
}
