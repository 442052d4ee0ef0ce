import { describe, expect, it } from "vitest";
import { createRefusals } from "./refusals.ts";

const startMs = Date.UTC(2026, 10, 23);

describe("refusals", () => {
  it("are told for two seconds, counting down; then somebody has to ask", () => {
    let nowMs = startMs;
    const refusals = createRefusals(() => nowMs);
    expect(refusals.remember({ key: "a", secondsLeft: 60 })).toBe(60);
    expect(refusals.secondsLeft("a")).toBe(60);
    expect(refusals.secondsLeft("b")).toBeUndefined();
    nowMs += 1_500;
    expect(refusals.secondsLeft("a")).toBe(59);
    nowMs += 500;
    expect(refusals.secondsLeft("a")).toBeUndefined();
  });

  it("are told no longer than they last", () => {
    let nowMs = startMs;
    const refusals = createRefusals(() => nowMs);
    refusals.remember({ key: "a", secondsLeft: 1 });
    nowMs += 999;
    expect(refusals.secondsLeft("a")).toBe(1);
    nowMs += 1;
    expect(refusals.secondsLeft("a")).toBeUndefined();
  });

  it("are not told when room was given back", () => {
    const refusals = createRefusals(() => startMs);
    refusals.remember({ key: "a", secondsLeft: 60 });
    refusals.forget("a");
    expect(refusals.secondsLeft("a")).toBeUndefined();
  });

  it("are not told when the clock was set back", () => {
    let nowMs = startMs;
    const refusals = createRefusals(() => nowMs);
    refusals.remember({ key: "a", secondsLeft: 60 });
    nowMs -= 3_600_000;
    expect(refusals.secondsLeft("a")).toBeUndefined();
  });

  it("say a second at least, and never a part of one", () => {
    const refusals = createRefusals(() => startMs);
    expect(refusals.remember({ key: "a", secondsLeft: 0 })).toBe(1);
    expect(refusals.remember({ key: "b", secondsLeft: 2.2 })).toBe(3);
    expect(refusals.secondsLeft("b")).toBe(3);
  });

  it("are ten thousand and no more, the newest (F39)", () => {
    const refusals = createRefusals(() => startMs);
    const keys = Array.from({ length: 20_000 }, (_, number) => `key ${number}`);
    for (const key of keys) refusals.remember({ key, secondsLeft: 60 });
    expect(keys.filter((key) => refusals.secondsLeft(key) !== undefined)).toEqual(keys.slice(10_000));
  });
});
