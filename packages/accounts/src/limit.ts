// So many, and no more until the time is over. Who was over a moment ago is told so from memory: a flood costs the database a question now
// and then.

import type { Clock } from "@signet/auth/clock";
import type { Counter } from "./stores.ts";

/** The oldest give way to new ones, and ask the counter again. */
const maxRefused = 10_000;
/** So long a refusal is believed: another process may have given room back meanwhile. */
const believedMs = 2_000;

export interface Limit {
  /** In how many seconds there is room again, for a key of which it is known that there is none. Asks nobody. */
  refusedFor(key: string): number | undefined;
  /**
   * Counts one, where there is room: what is refused was no attempt, and leaves the count as it was.
   *
   * @returns in how many seconds there is room again, where there was none. @throws AuthError `storage_unavailable`
   */
  charge(key: string): Promise<number | undefined>;
  /** What was refused meanwhile is asked about again. @throws AuthError `storage_unavailable` */
  giveBack(key: string): Promise<void>;
}

/** @param clock Milliseconds; says how long a refusal is remembered. */
export function createLimit(most: number, counter: Counter, clock: Clock): Limit {
  const refusals = new Map<string, { from: number; until: number; believedUntil: number }>();

  function refusedFor(key: string): number | undefined {
    const refusal = refusals.get(key);
    if (refusal === undefined) return undefined;
    const now = clock();
    if (now >= refusal.from && now < refusal.believedUntil) return Math.ceil((refusal.until - now) / 1000);
    // Its time is over, or the clock was set back, and then nobody knows.
    refusals.delete(key);
    return undefined;
  }

  function refuse(key: string, secondsLeft: number): number {
    if (refusals.size >= maxRefused) {
      const [oldest] = refusals.keys();
      if (oldest !== undefined) refusals.delete(oldest);
    }
    const seconds = Math.max(1, Math.ceil(secondsLeft));
    const from = clock();
    const until = from + seconds * 1000;
    refusals.set(key, { from, until, believedUntil: Math.min(until, from + believedMs) });
    return seconds;
  }

  return {
    refusedFor,
    async charge(key) {
      const refused = refusedFor(key);
      if (refused !== undefined) return refused;
      const { count, secondsLeft } = await counter.add(key);
      if (count <= most) return undefined;
      await counter.takeBack(key);
      return refuse(key, secondsLeft);
    },
    async giveBack(key) {
      await counter.takeBack(key);
      refusals.delete(key);
    },
  };
}
