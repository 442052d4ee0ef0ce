// Counts in this process alone: for what every replica may count for itself.

import { RateLimiterMemory } from "rate-limiter-flexible";
import type { Counter, CounterWindow } from "./stores.ts";

/** Keeps each key until its time is over: only for keys that no stranger can make up. */
export function createMemoryCounter({ windowSeconds }: Pick<CounterWindow, "windowSeconds">): Counter {
  // It asks for a limit; here it counts, and somebody else compares.
  const limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: windowSeconds });
  return {
    async add(key) {
      const { consumedPoints, msBeforeNext } = await limiter.penalty(key);
      return { count: consumedPoints, secondsLeft: msBeforeNext / 1000 };
    },
    takeBack: async (key) => void (await limiter.reward(key)),
  };
}
