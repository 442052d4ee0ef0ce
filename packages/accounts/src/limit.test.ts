import { describe, expect, it } from "vitest";
import { createLimit } from "./limit.ts";

const startMs = Date.UTC(2026, 10, 23);

/** A counter whose windows never end by themselves. */
function createCounter() {
  const counts = new Map<string, number>();
  const state = { asked: 0, secondsLeft: 60 };
  return Object.assign(state, {
    counts,
    async add(key: string) {
      state.asked += 1;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return { count, secondsLeft: state.secondsLeft };
    },
    async takeBack(key: string) {
      counts.set(key, (counts.get(key) ?? 0) - 1);
    },
  });
}

describe("a limit", () => {
  it("lets through as many as it says, each key by itself", async () => {
    const limit = createLimit(2, createCounter(), () => startMs);
    expect([await limit.charge("a"), await limit.charge("a"), await limit.charge("a")]).toEqual([
      undefined,
      undefined,
      60,
    ]);
    expect(await limit.charge("b")).toBeUndefined();
  });

  it("has room again for what was given back", async () => {
    const limit = createLimit(1, createCounter(), () => startMs);
    await limit.charge("a");
    await limit.giveBack("a");
    expect(await limit.charge("a")).toBeUndefined();
  });

  it("has room again after more came at once than it says, when those who got through give back", async () => {
    const limit = createLimit(2, createCounter(), () => startMs);
    const atOnce = await Promise.all(["a", "a", "a"].map((key) => limit.charge(key)));
    expect(atOnce).toEqual([undefined, undefined, 60]);
    await limit.giveBack("a");
    await limit.giveBack("a");
    expect(await limit.charge("a")).toBeUndefined();
  });

  it("counts nothing for what it refused: as many as before have room when those who got through give back", async () => {
    const counter = createCounter();
    const limit = createLimit(2, counter, () => startMs);
    const wave = () => Promise.all(Array.from({ length: 10 }, () => limit.charge("a")));
    for (let round = 0; round < 3; round += 1) {
      expect((await wave()).filter((seconds) => seconds === undefined)).toHaveLength(2);
      expect(counter.counts.get("a")).toBe(2);
      await limit.giveBack("a");
      await limit.giveBack("a");
    }
  });

  it("asks the counter about a key that it has refused every two seconds, however many come", async () => {
    const counter = createCounter();
    let nowMs = startMs;
    const limit = createLimit(1, counter, () => nowMs);
    await limit.charge("a");
    for (let time = 0; time < 1_000; time += 1) expect(await limit.charge("a")).toBe(60);
    expect(counter.asked).toBe(2);
    nowMs += 1_500;
    expect(await limit.charge("a")).toBe(59);
    expect(counter.asked).toBe(2);
    nowMs += 500;
    await limit.charge("a");
    expect(counter.asked).toBe(3);
  });

  it("has room again within two seconds for what another process gave back", async () => {
    const counter = createCounter();
    let nowMs = startMs;
    const [here, elsewhere] = [1, 2].map(() => createLimit(1, counter, () => nowMs));
    await elsewhere?.charge("a");
    expect(await here?.charge("a")).toBe(60);
    await elsewhere?.giveBack("a");
    nowMs += 2_000;
    expect(await here?.charge("a")).toBeUndefined();
  });

  it("asks again when the clock was set back", async () => {
    const counter = createCounter();
    let nowMs = startMs;
    const limit = createLimit(1, counter, () => nowMs);
    await limit.charge("a");
    await limit.charge("a");
    nowMs -= 3_600_000;
    counter.counts.clear();
    expect(await limit.charge("a")).toBeUndefined();
  });

  it("says a second at least, and never a part of one", async () => {
    const counter = createCounter();
    const limit = createLimit(0, counter, () => startMs);
    counter.secondsLeft = 0;
    expect(await limit.charge("a")).toBe(1);
    counter.secondsLeft = 2.2;
    expect(await limit.charge("b")).toBe(3);
  });

  it("remembers ten thousand refusals and no more, the newest (F39)", async () => {
    const counter = createCounter();
    const limit = createLimit(0, counter, () => startMs);
    const keys = Array.from({ length: 20_000 }, (_, number) => `key ${number}`);
    for (const key of keys) await limit.charge(key);
    counter.asked = 0;
    for (const key of keys.slice(10_000)) await limit.charge(key);
    expect(counter.asked).toBe(0);
    await limit.charge("key 0");
    expect(counter.asked).toBe(1);
  });
});
