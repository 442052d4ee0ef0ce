import { describe, expect, it } from "vitest";
import { elapsed } from "./elapsed";

const now = 1_800_000_000;

describe("the time since something", () => {
  it.each([
    [0, "just now"],
    [59, "just now"],
    [60, "1 minute ago"],
    [119, "1 minute ago"],
    [3_599, "59 minutes ago"],
    [3_600, "1 hour ago"],
    [86_399, "23 hours ago"],
    [86_400, "1 day ago"],
    [2 * 86_400 - 1, "1 day ago"],
    [45 * 86_400, "45 days ago"],
  ])("counts whole units only: %d seconds", (seconds, words) => {
    expect(elapsed(now - seconds, now * 1000)).toBe(words);
  });

  it("is never in the future", () => {
    expect(elapsed(now + 3_600, now * 1000)).toBe("just now");
  });
});
