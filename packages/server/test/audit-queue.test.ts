// Events wait in a bounded queue; requests never do.

import { AuthError } from "@signet/auth/errors";
import type { DatedEvent } from "@signet/db";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAuditQueue } from "../src/audit-queue.ts";

const gone = () => Promise.reject(new AuthError("storage_unavailable", "gone"));

let written: DatedEvent[][];
let write: (events: readonly DatedEvent[]) => Promise<void>;
let dropped: number;
let warnings: number;
let nowMs: number;

beforeEach(() => {
  vi.useFakeTimers();
  written = [];
  dropped = 0;
  warnings = 0;
  nowMs = 0;
  write = async (events) => void written.push([...events]);
});
afterEach(() => {
  vi.useRealTimers();
});

const open = (maxWaiting = 1_000) =>
  createAuditQueue({
    write: (events) => write(events),
    log: { warn: () => void (warnings += 1), info: () => {} },
    onDropped: (count) => (dropped += count),
    maxWaiting,
    monotonicMs: () => nowMs,
  });
const userIds = () => written.flat().map(({ userId }) => userId);

describe("the audit queue (PWD-17)", () => {
  it("writes what has come within half a second at once, with how long ago it was", async () => {
    const queue = open();
    queue.record({ kind: "sign_in", userId: "a" });
    nowMs = 400;
    queue.record({ kind: "sign_in", userId: "b" });
    nowMs = 500;
    await vi.advanceTimersByTimeAsync(500);
    expect(written).toEqual([
      [
        { kind: "sign_in", userId: "a", ageMs: 500 },
        { kind: "sign_in", userId: "b", ageMs: 100 },
      ],
    ]);
    await queue.close();
  });

  it("keeps events while the database is gone, in order, says so once, and counts what there is no room for", async () => {
    const queue = open(3);
    const working = write;
    write = gone;
    for (const userId of ["a", "b", "c", "d"]) queue.record({ kind: "sign_in", userId });
    expect(dropped).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect({ warnings, dropped }).toEqual({ warnings: 1, dropped: 1 });
    write = working;
    await vi.advanceTimersByTimeAsync(500);
    expect(userIds()).toEqual(["b", "c", "d"]);
    await queue.close();
  });

  it("does not let events that nobody could ever write hold up the others", async () => {
    const queue = open();
    const working = write;
    write = () => Promise.reject(new Error("bad data"));
    queue.record({ kind: "sign_in", userId: "a" });
    await vi.advanceTimersByTimeAsync(500);
    expect(dropped).toBe(1);
    write = working;
    queue.record({ kind: "sign_in", userId: "b" });
    await vi.advanceTimersByTimeAsync(500);
    expect(userIds()).toEqual(["b"]);
    await queue.close();
  });

  it("writes the rest at the end, and counts as lost what it cannot write then", async () => {
    const queue = open();
    queue.record({ kind: "sign_out", userId: "a" });
    await queue.close();
    expect(userIds()).toEqual(["a"]);
    const other = open();
    write = gone;
    other.record({ kind: "sign_out", userId: "b" });
    await other.close();
    expect(dropped).toBe(1);
  });
});
