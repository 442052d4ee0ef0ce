// Counts in this process alone: for what every replica may count for itself.

import { RateLimiterMemory } from "rate-limiter-flexible";
import type { Counter, CounterStore, FullCounter } from "./stores.ts";

/** Keeps each key until its time is over: only for keys that no stranger can make up. */
export function createMemoryCounterStore(): CounterStore {
  // It asks for one limit and one time; here each counter has its own.
  const limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 1 });

  async function takeBack(counters: readonly Counter[]): Promise<void> {
    // What is over stays over: less than nothing would be room for one more.
    for (const { key } of counters) if ((await limiter.get(key)) !== null) await limiter.reward(key);
  }

  return {
    async count(counters) {
      const full: FullCounter[] = [];
      for (const counter of counters) {
        const before = await limiter.get(counter.key);
        const secondsLeft = (before?.msBeforeNext ?? 0) / 1000;
        if (before !== null && before.consumedPoints >= counter.most && secondsLeft > 0)
          full.push({ ...counter, secondsLeft });
      }
      if (full.length > 0) return full;

      for (const counter of counters) {
        const after = await limiter.penalty(counter.key, 1, { customDuration: counter.windowSeconds });
        // Others came between the look and the count.
        if (after.consumedPoints > counter.most) full.push({ ...counter, secondsLeft: after.msBeforeNext / 1000 });
      }
      if (full.length > 0) await takeBack(counters);
      return full;
    },
    takeBack,
  };
}
