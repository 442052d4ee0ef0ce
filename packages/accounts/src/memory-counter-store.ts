// Counts in this process alone: for what every replica may count for itself.

import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";
import type { CountedCounter, CounterStore, FullCounter } from "./stores.ts";

/** The library says how long is left, and not until when: reading the clock twice makes a difference. */
const clockMs = 1_000;

/** Keeps each key until its time is over: only for keys that no stranger can make up. */
export function createMemoryCounterStore(): CounterStore {
  // It asks for one limit and one time; here each counter has its own.
  const limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 1 });

  async function takeBack(counted: readonly CountedCounter[]): Promise<void> {
    for (const { key, until } of counted) {
      const found = await limiter.get(key);
      // What was counted in another window is over, and less than nothing would be room for one more.
      if (found !== null && untilOf(found) < until + clockMs) await limiter.reward(key);
    }
  }

  return {
    async count(counters) {
      const full: FullCounter[] = [];
      for (const counter of counters) {
        const before = await limiter.get(counter.key);
        if (before !== null && before.consumedPoints >= counter.most && before.msBeforeNext > 0)
          full.push({ ...counter, secondsLeft: secondsLeft(before) });
      }
      if (full.length > 0) return { counted: [], full };

      const counted: CountedCounter[] = [];
      for (const counter of counters) {
        const after = await limiter.penalty(counter.key, 1, { customDuration: counter.windowSeconds });
        counted.push({ ...counter, until: untilOf(after) });
        // Others came between the look and the count.
        if (after.consumedPoints > counter.most) full.push({ ...counter, secondsLeft: secondsLeft(after) });
      }
      if (full.length === 0) return { counted, full };
      await takeBack(counted);
      return { counted: [], full };
    },
    takeBack,
  };
}

function secondsLeft({ msBeforeNext }: RateLimiterRes): number {
  return msBeforeNext / 1000;
}

function untilOf({ msBeforeNext }: RateLimiterRes): number {
  return Date.now() + msBeforeNext;
}
