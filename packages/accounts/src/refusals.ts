// Who was refused a moment ago is told so from memory: a flood costs the database a question now and then.

import type { Clock } from "@signet/auth/clock";
import type { FullCounter } from "./stores.ts";

/** The oldest give way to new ones, and ask the counter again. */
const maxRefusals = 10_000;
/** So long a refusal is believed: another process may have given room back meanwhile. */
const believedMs = 2_000;

export interface Refusals {
  /** In how many seconds there is room again, for a key of which it is known that there is none. */
  secondsLeft(key: string): number | undefined;
  /** @returns in how many whole seconds to come again */
  remember(full: Pick<FullCounter, "key" | "secondsLeft">): number;
  forget(key: string): void;
}

/** @param clock Milliseconds; says how long a refusal is remembered. */
export function createRefusals(clock: Clock): Refusals {
  const refusals = new Map<string, { from: number; until: number; believedUntil: number }>();

  return {
    secondsLeft(key) {
      const refusal = refusals.get(key);
      if (refusal === undefined) return undefined;
      const now = clock();
      if (now >= refusal.from && now < refusal.believedUntil) return Math.ceil((refusal.until - now) / 1000);
      // Its time is over, or the clock was set back, and then nobody knows.
      refusals.delete(key);
      return undefined;
    },
    remember({ key, secondsLeft }) {
      if (refusals.size >= maxRefusals) {
        const [oldest] = refusals.keys();
        if (oldest !== undefined) refusals.delete(oldest);
      }
      const seconds = Math.max(1, Math.ceil(secondsLeft));
      const from = clock();
      const until = from + seconds * 1000;
      refusals.set(key, { from, until, believedUntil: Math.min(until, from + believedMs) });
      return seconds;
    },
    forget(key) {
      refusals.delete(key);
    },
  };
}
