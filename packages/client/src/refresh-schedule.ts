// When a token is renewed: well before its end, not in step with other tabs and people, and never twice in a row.

import { createBackOff } from "./back-off.ts";
import type { ClientClock } from "./client-clock.ts";
import type { ServerClock, TokenLife } from "./server-clock.ts";

/** Renewed when between a fifth and three tenths of its life are left. */
const leadFrom = 0.2;
const leadTo = 0.3;

/**
 * The server honours the token before the newest for 30 s, and a refresh is given up after 10 s: whatever is still under
 * way from before a success is over when the next one starts.
 */
const longestGapMs = 40_000;
/** Where token and clock make no sense together, nobody asks in a tight loop. */
const shortestGapMs = 500;

export interface RefreshSchedule {
  /** Calls back when this token is due: by its age, or in so many milliseconds, and never earlier than is allowed. */
  plan(token: TokenLife, inMs?: number): void;
  cancel(): void;
  /** The token has just been renewed, by whichever tab. */
  succeeded(): void;
  /** There was no answer. @returns the milliseconds until the next try */
  failed(retryAfterMs: number | undefined): number;
  /** No waiting for a server that did not answer any more: somebody wants it, or the network is back. */
  allow(): void;
  /** How long ago the last success was is not known. */
  forgetSuccess(): void;
  /** Waits after an answer that never came. */
  isBackingOff(): boolean;
  /** How long it is until the last success is long enough ago. Tokens that live for seconds, as in tests, can't wait long. */
  gapLeftMs(token: TokenLife): number;
}

export interface RefreshScheduleOptions {
  clock: ClientClock;
  serverClock: ServerClock;
  /** From 0 to below 1. */
  random: () => number;
  onDue: () => void;
}

export function createRefreshSchedule(options: RefreshScheduleOptions): RefreshSchedule {
  const { clock, serverClock, random, onDue } = options;
  const backOff = createBackOff(random);
  let succeededAtMs: number | undefined;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let cancel: () => void = nothing;

  function gapLeftMs(token: TokenLife): number {
    if (succeededAtMs === undefined) return 0;
    const gapMs = Math.max(shortestGapMs, Math.min(longestGapMs, lifeMs(token) / 2));
    // The monotonic clock may have slept; the server's has not.
    const agoMs = Math.max(clock.monotonicMs() - succeededAtMs, serverClock.ageMs(token) ?? 0);
    return Math.max(0, gapMs - agoMs);
  }

  function allow(): void {
    notBeforeMs = Number.NEGATIVE_INFINITY;
    backOff.reset();
  }

  return {
    plan(token, inMs) {
      cancel();
      const leadMs = lifeMs(token) * (leadFrom + (leadTo - leadFrom) * random());
      const dueMs = inMs ?? serverClock.timeLeftMs(token) - leadMs;
      const waitMs = Math.max(dueMs, gapLeftMs(token), notBeforeMs - clock.monotonicMs(), 0);
      cancel = clock.after(waitMs, onDue);
    },
    cancel: () => cancel(),
    succeeded() {
      succeededAtMs = clock.monotonicMs();
      allow();
    },
    failed(retryAfterMs) {
      const waitMs = backOff.nextMs(retryAfterMs);
      notBeforeMs = clock.monotonicMs() + waitMs;
      return waitMs;
    },
    allow,
    forgetSuccess() {
      succeededAtMs = undefined;
    },
    isBackingOff: () => clock.monotonicMs() < notBeforeMs,
    gapLeftMs,
  };
}

function lifeMs({ issuedAt, expiresAt }: TokenLife): number {
  return Math.max(0, expiresAt - issuedAt) * 1000;
}

function nothing(): void {}
