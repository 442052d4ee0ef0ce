// One refresh at a time for a whole browser. It saves traffic, no more: the server gives two that meet the same answer.
// So nobody ever waits long for it, and whoever does not get it goes on without.

import type { ClientClock } from "./client-clock.ts";
import type { Locks } from "./page-locks.ts";

export const lockName = "signet.refresh";

/** The tab that holds the lock may be frozen, or its answer may never come. */
export const longestLockWaitMs = 5_000;

export interface RefreshLock {
  /** Runs the work once: under the lock, or without it after a bounded wait. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createRefreshLock(locks: Locks, clock: ClientClock): RefreshLock {
  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        const waiting = new AbortController();
        let begun = false;

        async function begin(): Promise<void> {
          if (begun) return;
          begun = true;
          cancelWait();
          await work().then(resolve, reject);
        }

        const cancelWait = clock.after(longestLockWaitMs, () => {
          void begin();
          waiting.abort();
        });
        // Refused, as in a sandboxed frame, or given up: go on without.
        void requestFrom(locks, waiting.signal, begin).catch(begin);
      }),
  };
}

async function requestFrom(locks: Locks, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  await locks.request(lockName, { signal }, work);
}
