import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { counterStoreContract } from "./counter-store-contract.ts";
import { createMemoryCounterStore } from "./memory-counter-store.ts";

describe("the counter store in memory", () => {
  const store = createMemoryCounterStore();
  it.each(counterStoreContract(() => store).map(({ name, run }) => [name, run] as const))("%s", async (_, run) => {
    await expect(run()).resolves.toBeUndefined();
  });

  describe("as time goes by", () => {
    const counter = { key: "x", most: 1, windowSeconds: 60 };
    beforeEach(() => {
      // Without timers: what is over counts no more, even where it could not be removed yet.
      vi.useFakeTimers({ now: Date.UTC(2026, 10, 23), toFake: ["Date"] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it("begins anew when the time is over, which began with the first", async () => {
      const counters = createMemoryCounterStore();
      const fullNow = async () => (await counters.count([counter])).full;
      await counters.count([counter]);
      vi.advanceTimersByTime(59_000);
      expect(await fullNow()).toEqual([{ ...counter, secondsLeft: 1 }]);
      vi.advanceTimersByTime(1_001);
      expect(await fullNow()).toEqual([]);
      expect(await fullNow()).toEqual([{ ...counter, secondsLeft: 60 }]);
    });

    it("takes back from the window it was counted in, and from none after", async () => {
      const counters = createMemoryCounterStore();
      const { counted } = await counters.count([counter]);
      vi.advanceTimersByTime(60_001);
      await counters.count([counter]);
      await counters.takeBack(counted);
      expect((await counters.count([counter])).full).toHaveLength(1);
    });
  });
});
