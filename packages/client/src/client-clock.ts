// Time as the client sees it. What counts is monotonic: a person may set the date of a device as they like.

export interface ClientClock {
  /** Milliseconds that only ever grow, from any start. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch as this device believes them: never more than a hint. */
  dateMs(): number;
  /** Calls back once after so many milliseconds; the answer cancels. */
  after(ms: number, callback: () => void): () => void;
}

// setTimeout fires at once beyond 2^31 milliseconds.
const longestTimeoutMs = 24 * 60 * 60 * 1000;

export const systemClientClock: ClientClock = {
  monotonicMs: () => performance.now(),
  dateMs: () => Date.now(),
  after(ms, callback) {
    const timer: unknown = setTimeout(callback, Math.min(Math.max(ms, 0), longestTimeoutMs));
    letProcessEnd(timer);
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
};

/** In Node a waiting client must not keep a script alive; browsers' timers are plain numbers. */
function letProcessEnd(timer: unknown): void {
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function") {
    timer.unref();
  }
}
