// Keeps a process's list of what was ended up to date, and knows how old that knowledge is. It asks its source for news every
// half second and reads the whole list again every minute; when the source is gone it goes on with what it has.

import { createBoundedSource } from "./bounded-source.ts";
import type { AccessTokenClaims } from "./claims.ts";
import type { Clock } from "./clock.ts";
import { AuthError } from "./errors.ts";
import { createRevocationList } from "./revocation-list.ts";
import { createRevocationReader } from "./revocation-reader.ts";
import type { RevocationSource } from "./revocation-source.ts";
import type { RevocationCheck } from "./verify-access-token.ts";
import { byTimer, type Schedule } from "./within-time.ts";

export interface RevocationsOptions {
  source: RevocationSource;
  clock: Clock;
  /** From the end of one poll to the next, in milliseconds; with `waitMs`, from the beginning of one. Default 500. */
  pollMs?: number;
  /**
   * How long the source may hold a question until there is news, in milliseconds: for one that is far away. The view of a quiet
   * list is then up to twice as old, as an answer that was held proves nothing about the time meanwhile. Default 0.
   */
  waitMs?: number;
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
  /** How long one answer of the source is waited for, in milliseconds, on top of `waitMs`. Default 5,000. */
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
  /**
   * Begins to poll, now. Until `stop` the timer keeps the process alive.
   *
   * Over when the first poll is: then `ready` says whether the list is here. Never rejects, and need not be waited for.
   */
  start(): Promise<void>;
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
    waitMs = 0,
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
  let isStopped = false;
  /** Whether the source may be holding the question of what runs now. */
  let isHeld = false;
  let current = new AbortController();
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

  async function bringUpToDate(signal: AbortSignal, isAsked: boolean): Promise<void> {
    noticeClockStep();
    list.sweep(sweepSteps);
    const wall = clock();
    const before = monotonicMs();
    // Held only while all is well: to begin with, after a failure, and to read the list again an answer is wanted at once.
    isHeld = waitMs > 0 && !isAsked && isStarted && ready && failures === 0 && before < reloadDueAt;
    const monotonic = await reader.readNews(signal, isHeld ? waitMs : 0);
    isHeld = false;
    failures = 0;
    if (knownAsOf === undefined) reloadDueAt = before + reloadMs;
    knownAsOf = { monotonic, wall: wall + (monotonic - before) };
    // One page at a poll, after the news: a long list is read again without keeping the news waiting.
    if (before >= reloadDueAt && (await reader.readAgain(signal))) reloadDueAt = before + reloadMs;
    ready ||= list.complete;
    if (!list.complete) throw new Error(`There is no room for more than ${maxEntries} revocations.`);
  }

  async function run(isAsked: boolean): Promise<void> {
    cancelTimer?.();
    isHeld = false;
    current = new AbortController();
    const { signal } = current;
    const begunAt = monotonicMs();
    try {
      await bringUpToDate(signal, isAsked);
      if (hasProblem) onRecovered();
      hasProblem = false;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (!hasProblem) onProblem(error);
      hasProblem = true;
    }
    if (isStarted) cancelTimer = schedule(() => void begin(false), delay(begunAt));
  }

  /** Those who lost the same source at one moment must not come back to it at one moment. */
  function delay(begunAt: number): number {
    if (failures === 0) return waitMs === 0 ? pollMs : Math.max(0, begunAt + pollMs - monotonicMs());
    return Math.min(maxRetryMs, pollMs * 2 ** Math.min(failures - 1, 10)) * (0.5 + random() / 2);
  }

  function begin(isAsked: boolean): Promise<void> {
    if (isStopped) return Promise.resolve();
    running ??= run(isAsked).finally(() => {
      running = undefined;
    });
    return running;
  }

  function poll(): Promise<void> {
    if (isStopped || running === undefined) return begin(true);
    // What runs now may have asked before that was written which the caller wants to see.
    queued ??= running.then(() => {
      queued = undefined;
      return begin(true);
    });
    // A question that is held would keep the caller waiting for no news at all.
    if (isHeld) current.abort();
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
    async start() {
      if (isStarted) return;
      isStarted = true;
      isStopped = false;
      await poll();
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
      isStopped = true;
      current.abort();
      await running;
    },
  };
}

function checkOptions(options: RevocationsOptions): void {
  const { source, clock, whenStale, staleAfterSeconds = 30 } = options;
  if (typeof source?.listRevocations !== "function") throw new TypeError("source must have a method listRevocations.");
  if (typeof clock !== "function") throw new TypeError("clock must be a function that gives milliseconds.");
  if (whenStale !== "accept" && whenStale !== "reject") throw new TypeError('whenStale must be "accept" or "reject".');
  if (options.waitMs !== undefined && !(Number.isSafeInteger(options.waitMs) && options.waitMs >= 0)) {
    throw new TypeError("waitMs must be a whole number, 0 or more.");
  }
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
