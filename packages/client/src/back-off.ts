// How long to wait before asking again: longer each time, never in step with others, never sooner than the server said.

const firstMs = 1_000;
const longestMs = 30_000;
/** A server that asks for more than this is asked again anyway: it may have been wrong, and asking is cheap. */
const longestRetryAfterMs = 5 * 60_000;

export interface BackOff {
  nextMs(retryAfterMs: number | undefined): number;
  reset(): void;
}

/** @param random From 0 to below 1. */
export function createBackOff(random: () => number): BackOff {
  let attempts = 0;
  return {
    nextMs(retryAfterMs) {
      const ceilingMs = Math.min(firstMs * 2 ** attempts, longestMs);
      attempts = Math.min(attempts + 1, 16);
      const jitteredMs = ceilingMs * (0.5 + random() / 2);
      if (retryAfterMs === undefined) return jitteredMs;
      // Everybody was told the same number of seconds: spread what comes after it.
      return Math.min(retryAfterMs, longestRetryAfterMs) + jitteredMs * random();
    },
    reset() {
      attempts = 0;
    },
  };
}
