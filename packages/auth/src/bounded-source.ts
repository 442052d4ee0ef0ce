// A source whose answers are waited for only so long: one that never comes (a half-open connection, a database that hangs)
// must not end the polling.

import type { RevocationSource } from "./revocation-source.ts";

/** Calls back after so many milliseconds, unless the function it gives is called first. */
export type Schedule = (callback: () => void, delayMs: number) => () => void;

export const byTimer: Schedule = (callback, delayMs) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
};

export interface BoundedSourceOptions {
  source: RevocationSource;
  pageSize: number;
  timeoutMs: number;
  schedule: Schedule;
}

/** Asks for the page after a number. Rejects when it takes too long, or when `signal` aborts; what comes is not trusted. */
export type AskForPage = (after: number, signal: AbortSignal) => Promise<unknown>;

export function createBoundedSource({ source, pageSize, timeoutMs, schedule }: BoundedSourceOptions): AskForPage {
  return async (after, signal) => {
    signal.throwIfAborted();
    const waiting = new AbortController();
    const noAnswer = new Promise<never>((_, reject) => {
      const giveUp = () => reject(new Error("The source of revocations did not answer in time."));
      signal.addEventListener("abort", giveUp, { signal: waiting.signal });
      waiting.signal.addEventListener("abort", schedule(giveUp, timeoutMs));
    });
    try {
      return await Promise.race([source.listRevocations(after, pageSize, waiting.signal), noAnswer]);
    } finally {
      // Takes back timer and listener, and tells the source that nobody waits any more.
      waiting.abort();
    }
  };
}
