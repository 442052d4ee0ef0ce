// Keeps a process's list of what was ended up to date, and knows how old that knowledge is. It asks its source for news every
// half second and reads the whole list again every minute; when the source is gone it goes on with what it has.

import { byTimer, createBoundedSource, type Schedule } from "./bounded-source.ts";
import type { AccessTokenClaims } from "./claims.ts";
import type { Clock } from "./clock.ts";
import { AuthError } from "./errors.ts";
import { createRevocationList } from "./revocation-list.ts";
import { createRevocationReader } from "./revocation-reader.ts";
import type { RevocationSource } from "./revocation-source.ts";
import type { RevocationCheck } from "./verify-access-token.ts";

export interface RevocationsOptions {
  source: RevocationSource;
  clock: Clock;
  /** From the end of one poll to the next, in milliseconds. Default 500. */
  pollMs?: number;
  /** How often the whole list is read again, in milliseconds. Default 60,000. */
  reloadMs?: number;
  /** From what age on the view is too old, in seconds. Default 30. */
  staleAfterSeconds?: number;
  /** What happens to tokens then: accepted until they expire, or refused with `revocations_unknown`. */
  whenStale: "accept" | "reject";
  /** How many entries are asked for at once. Default 5,000. */
  pageSize?: number;
  /** The most entries kept. Default 1,000,000, which takes about 70 MB. */
  maxEntries?: number;
  /** How long one answer of the source is waited for, in milliseconds. Default 5,000. */
  timeoutMs?: number;
  /** Told once when the view can no longer be brought up to date, with the first error. Must not throw. */
  onProblem?: (error: unknown) => void;
  /** Told once when it can again. Must not throw. */
  onRecovered?: () => void;
  /** Milliseconds that no change of the machine's clock moves. Default `performance.now`. */
  monotonicMs?: () => number;
  /** Calls back after so many milliseconds, unless the function it gives is called first. Default: the runtime's timers. */
  schedule?: Schedule;
  /** From 0 up to 1. Default `Math.random`. */
  random?: () => number;
}

export interface Revocations extends RevocationCheck {
  /**
   * Refuses a token whose session was ended, that was revoked itself, or whose key was.
   *
   * Does not check: anything about the token itself, which was verified before.
   *
   * @throws AuthError `token_revoked`; `revocations_unknown` when the view is stale and `whenStale` is "reject"
   */
  check(claims: AccessTokenClaims, kid: string): void;
  /** Begins to poll, now. Until `stop` the timer keeps the process alive. */
  start(): void;
  /** Whether the whole list has been here once. Before that a server is not ready: it would accept what was ended. */
  readonly ready: boolean;
  /**
   * Asks for news now. Whatever was committed before the call is known when it is over, if the source answers: while one poll
   * runs, those who ask wait for one more after it. Never rejects: see `stale` and `onProblem`.
   */
  poll(): Promise<void>;
  /** How old the view is: everything committed before that is known. Infinity before there is one. */
  ageMs(): number;
  /** Whether the view is too old, not there yet, or lacks entries for want of room. */
  readonly stale: boolean;
  /** How many entries are in memory. */
  readonly size: number;
  /** Calls back with the ids of what was ended, soon after it was; an id may come more than once. @returns what ends it */
  subscribe(listener: (ids: readonly string[]) => void): () => void;
  /** Ends polling and whatever is under way. Over when nothing of it runs any more. */
  stop(): Promise<void>;
}

const maxRetryMs = 2_000;
/** Steps of the hand that takes out what is over, at every poll: about a millisecond. */
const sweepSteps = 20_000;
/** Less than this is the ordinary correction of a clock. */
const clockStepMs = 1_000;

/** Makes a view, which `start` fills. @throws TypeError when an option is missing or out of range. */
export function createRevocations(options: RevocationsOptions): Revocations {
  checkOptions(options);
  const {
    source,
    clock,
    whenStale,
    pollMs = 500,
    reloadMs = 60_000,
    staleAfterSeconds = 30,
    pageSize = 5_000,
  } = options;
  const { maxEntries = 1_000_000, timeoutMs = 5_000, onProblem = () => {}, onRecovered = () => {} } = options;
  const { monotonicMs = () => performance.now(), schedule = byTimer, random = Math.random } = options;
  const listeners = new Set<(ids: readonly string[]) => void>();
  const list = createRevocationList({
    clock,
    maxEntries,
    onAdded(entries) {
      if (listeners.size === 0 || entries.length === 0) return;
      const ids = entries.map(({ id }) => id);
      for (const listener of listeners) listener(ids);
    },
  });
  const nextTurn = () => new Promise<void>((resolve) => void schedule(resolve, 0));
  const ask = createBoundedSource({ source, pageSize, timeoutMs, schedule });
  const reader = createRevocationReader({ ask, list, monotonicMs, nextTurn });

  /** Everything committed before this moment is in the list. On both clocks: see `ageMs`. */
  let knownAsOf: { monotonic: number; wall: number } | undefined;
  let ready = false;
  let reloadDueAt = 0;
  let highestClockOffset = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let hasProblem = false;
  let isStarted = false;
  let stopping = new AbortController();
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;

  /** A clock that was ahead for a while has made entries look over that are not. */
  function noticeClockStep(): void {
    const offset = clock() - monotonicMs();
    if (offset < highestClockOffset - clockStepMs) {
      reader.startOver();
      highestClockOffset = offset;
    }
    highestClockOffset = Math.max(highestClockOffset, offset);
  }

  async function bringUpToDate(signal: AbortSignal): Promise<void> {
    noticeClockStep();
    list.sweep(sweepSteps);
    const wall = clock();
    const before = monotonicMs();
    const monotonic = await reader.readNews(signal);
    failures = 0;
    if (knownAsOf === undefined) reloadDueAt = before + reloadMs;
    knownAsOf = { monotonic, wall: wall + (monotonic - before) };
    // One page at a poll, after the news: a long list is read again without keeping the news waiting.
    if (before >= reloadDueAt && (await reader.readAgain(signal))) reloadDueAt = before + reloadMs;
    ready ||= list.complete;
    if (!list.complete) throw new Error(`There is no room for more than ${maxEntries} revocations.`);
  }

  async function run(signal: AbortSignal): Promise<void> {
    cancelTimer?.();
    try {
      await bringUpToDate(signal);
      if (hasProblem) onRecovered();
      hasProblem = false;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (!hasProblem) onProblem(error);
      hasProblem = true;
    }
    if (isStarted) cancelTimer = schedule(() => void poll(), delay());
  }

  /** Those who lost the same source at one moment must not come back to it at one moment. */
  function delay(): number {
    if (failures === 0) return pollMs;
    return Math.min(maxRetryMs, pollMs * 2 ** Math.min(failures - 1, 10)) * (0.5 + random() / 2);
  }

  function poll(): Promise<void> {
    const { signal } = stopping;
    if (signal.aborted) return Promise.resolve();
    if (running === undefined) {
      running = run(signal).finally(() => {
        running = undefined;
      });
      return running;
    }
    // What runs now may have asked before that was written which the caller wants to see.
    queued ??= running.then(() => {
      queued = undefined;
      return poll();
    });
    return queued;
  }

  /**
   * By monotonic time, which no step of the clock makes younger; by the clock as well, because monotonic time can stand still
   * while the machine sleeps.
   */
  function ageMs(): number {
    if (knownAsOf === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, monotonicMs() - knownAsOf.monotonic, clock() - knownAsOf.wall);
  }

  // Put this way round so that an age that cannot be told is too high.
  const isStale = () => !(ready && list.complete && ageMs() <= staleAfterSeconds * 1000);

  return {
    check(claims, kid) {
      if (list.isRevoked(claims, kid)) throw new AuthError("token_revoked", "The token was revoked.");
      if (whenStale === "reject" && isStale()) {
        throw new AuthError("revocations_unknown", "It is not known at the moment which tokens were revoked.", {
          retryAfterSeconds: 1,
        });
      }
    },
    start() {
      if (isStarted) return;
      isStarted = true;
      if (stopping.signal.aborted) stopping = new AbortController();
      void poll();
    },
    get ready() {
      return ready;
    },
    poll,
    ageMs,
    get stale() {
      return isStale();
    },
    get size() {
      return list.size;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async stop() {
      isStarted = false;
      cancelTimer?.();
      stopping.abort();
      await running;
    },
  };
}

function checkOptions(options: RevocationsOptions): void {
  const { source, clock, whenStale, staleAfterSeconds = 30 } = options;
  if (typeof source?.listRevocations !== "function") throw new TypeError("source must have a method listRevocations.");
  if (typeof clock !== "function") throw new TypeError("clock must be a function that gives milliseconds.");
  if (whenStale !== "accept" && whenStale !== "reject") throw new TypeError('whenStale must be "accept" or "reject".');
  for (const name of ["pollMs", "reloadMs", "pageSize", "maxEntries", "timeoutMs"] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new TypeError(`${name} must be a whole number above 0.`);
    }
  }
  if (!(Number.isFinite(staleAfterSeconds) && staleAfterSeconds > 0)) {
    throw new TypeError("staleAfterSeconds must be a number above 0.");
  }
}
