// Requests that rest until something happens: each waits for one of a few names to be called, and holds one timer.

import { AuthError } from "@signet/auth/errors";

export interface WaitingRoom {
  /**
   * Ends when one of these names is called, after so many milliseconds, or when the caller has gone.
   *
   * @throws AuthError `busy` when too many are waiting already
   */
  until(names: readonly string[], forMs: number, signal: AbortSignal): Promise<void>;
  /** Wakes everybody who waits for one of these. */
  call(names: readonly string[]): void;
  /** Sends everybody home, now and from now on: the server stops. */
  release(): void;
}

/** @param maxOfName For each of the names. */
export function createWaitingRoom(maxWaiting: number, maxOfName = maxWaiting): WaitingRoom {
  const waitingByName = new Map<string, Set<() => void>>();
  let waiting = 0;
  let released = false;

  return {
    async until(names, forMs, signal) {
      if (released || signal.aborted) return;
      const isCrowded = names.some((name) => (waitingByName.get(name)?.size ?? 0) >= maxOfName);
      if (waiting >= maxWaiting || isCrowded) throw new AuthError("busy", "Too many requests are waiting here.");
      waiting += 1;
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", wake);
          for (const name of names) remove(name, wake);
          resolve();
        };
        const timer = setTimeout(wake, forMs);
        signal.addEventListener("abort", wake);
        for (const name of names) add(name, wake);
      }).finally(() => {
        waiting -= 1;
      });
    },
    call(names) {
      for (const name of names) for (const wake of waitingByName.get(name) ?? []) wake();
    },
    release() {
      released = true;
      for (const wakes of waitingByName.values()) for (const wake of wakes) wake();
    },
  };

  function add(name: string, wake: () => void): void {
    const wakes = waitingByName.get(name) ?? new Set();
    waitingByName.set(name, wakes.add(wake));
  }

  function remove(name: string, wake: () => void): void {
    const wakes = waitingByName.get(name);
    wakes?.delete(wake);
    if (wakes?.size === 0) waitingByName.delete(name);
  }
}
