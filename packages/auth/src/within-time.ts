// Work that is waited for only so long: an answer that never comes (a half-open connection, a database that hangs) must not
// hold up what comes after it.

/** Calls back after so many milliseconds, unless the function it gives is called first. */
export type Schedule = (callback: () => void, delayMs: number) => () => void;

export const byTimer: Schedule = (callback, delayMs) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
};

export interface TimeLimit {
  timeoutMs: number;
  schedule: Schedule;
  /** Says what did not come in time. */
  message: string;
  /** Ends the waiting early. */
  signal: AbortSignal;
}

/**
 * Gives what the work gives, or rejects when it takes too long or the signal aborts. The work is given a signal of its own, which
 * aborts as soon as nobody waits any more; work that ignores it is left alone.
 */
export async function withinTime<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  { timeoutMs, schedule, message, signal }: TimeLimit,
): Promise<Result> {
  signal.throwIfAborted();
  const waiting = new AbortController();
  const noAnswer = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new Error(message));
    signal.addEventListener("abort", giveUp, { signal: waiting.signal });
    waiting.signal.addEventListener("abort", schedule(giveUp, timeoutMs));
  });
  try {
    return await Promise.race([work(waiting.signal), noAnswer]);
  } finally {
    // Takes back timer and listener, and tells the worker that nobody waits any more.
    waiting.abort();
  }
}
