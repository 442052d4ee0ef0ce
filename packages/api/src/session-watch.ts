// Requests that wait for the end of a session: they rest here until the list of revocations brings it, or their time is up.

import type { AccessTokenClaims } from "@signet/auth/claims";
import { AuthError } from "@signet/auth/errors";

export interface SessionWatch {
  /**
   * Ends when the session or token of these claims was revoked, after so many milliseconds, or when the caller has gone.
   *
   * @throws AuthError `busy` when too many are waiting already
   */
  untilEnded(claims: Pick<AccessTokenClaims, "sid" | "jti">, forMs: number, signal: AbortSignal): Promise<void>;
  /** Sends everybody home, now and from now on: the server stops. */
  release(): void;
}

/** Where revocations are heard of. */
export interface RevocationNews {
  /** Calls back with the ids of what was newly revoked. @returns what ends it */
  subscribe(listener: (ids: readonly string[]) => void): () => void;
}

const maxWaiting = 10_000;

export function createSessionWatch(news: RevocationNews): SessionWatch {
  const waitingById = new Map<string, Set<() => void>>();
  let waiting = 0;
  let released = false;

  news.subscribe((ids) => {
    for (const id of ids) for (const wake of waitingById.get(id) ?? []) wake();
  });

  return {
    async untilEnded({ sid, jti }, forMs, signal) {
      if (released || signal.aborted) return;
      if (waiting >= maxWaiting) throw new AuthError("busy", "Too many requests are waiting here.");
      waiting += 1;
      await new Promise<void>((resolve) => {
        const ids = [sid, jti];
        const wake = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", wake);
          for (const id of ids) remove(id, wake);
          resolve();
        };
        const timer = setTimeout(wake, forMs);
        signal.addEventListener("abort", wake);
        for (const id of ids) add(id, wake);
      }).finally(() => {
        waiting -= 1;
      });
    },
    release() {
      released = true;
      for (const wakes of waitingById.values()) for (const wake of wakes) wake();
    },
  };

  function add(id: string, wake: () => void): void {
    const wakes = waitingById.get(id) ?? new Set();
    waitingById.set(id, wakes.add(wake));
  }

  function remove(id: string, wake: () => void): void {
    const wakes = waitingById.get(id);
    wakes?.delete(wake);
    if (wakes?.size === 0) waitingById.delete(id);
  }
}
