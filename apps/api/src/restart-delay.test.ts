import { expect, test } from "vitest";
import { restartDelayMs } from "./restart-delay.ts";

test("a worker is replaced at once the first time, then later and later, and within half a minute always", () => {
  expect([0, 1, 2, 3, 7, 8, 100].map(restartDelayMs)).toEqual([0, 500, 1_000, 2_000, 30_000, 30_000, 30_000]);
});
