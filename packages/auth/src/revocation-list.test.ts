import { describe, expect, test } from "vitest";
import { createRevocationList } from "./revocation-list.ts";
import type { RevocationEntry } from "./revocation-source.ts";
import { fixedClock } from "./testing.ts";

const start = Date.UTC(2027, 0, 15, 8);
const second = start / 1000;

function entry(id: string, changes: Partial<RevocationEntry> = {}): RevocationEntry {
  return { seq: 1, kind: "session", id, expiresAt: second + 1020, ...changes };
}

function many(count: number, changes: Partial<RevocationEntry> = {}): RevocationEntry[] {
  return Array.from({ length: count }, (_, index) => entry(`session-${index}`, changes));
}

const of = (sid: string, jti = "another") => ({ sid, jti });

describe("createRevocationList", () => {
  test("sessions, tokens and keys are told apart, also when they have the same id", () => {
    for (const kind of ["session", "token", "key"] as const) {
      const list = createRevocationList({ clock: fixedClock(start) });
      list.add([entry("x", { kind })]);
      expect([
        list.isRevoked({ sid: "x", jti: "-" }, "-"),
        list.isRevoked({ sid: "-", jti: "x" }, "-"),
        list.isRevoked({ sid: "-", jti: "-" }, "x"),
      ]).toEqual([kind === "session", kind === "token", kind === "key"]);
      expect(list.isRevoked({ sid: "-", jti: "-" })).toBe(false);
    }
  });

  test("names of object properties are ids like any other", () => {
    const list = createRevocationList({ clock: fixedClock(start) });
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    expect(names.filter((name) => list.isRevoked({ sid: name, jti: name }, name))).toEqual([]);
    list.add([entry("__proto__")]);
    expect(names.filter((name) => list.isRevoked(of(name)))).toEqual(["__proto__"]);
  });

  test("REF-14: an entry is there until the last millisecond before its end, and gone from then on", () => {
    const clock = fixedClock(start);
    const list = createRevocationList({ clock });
    list.add([entry("a", { expiresAt: second + 10 })]);
    clock.set(start + 9_999);
    expect(list.isRevoked(of("a"))).toBe(true);
    clock.set(start + 10_000);
    expect(list.isRevoked(of("a"))).toBe(false);
  });

  test("entries without an end, as keys have them, stay for good", () => {
    const clock = fixedClock(start);
    const list = createRevocationList({ clock });
    list.add([entry("k", { kind: "key", expiresAt: null })]);
    clock.advance(100 * 365 * 86_400_000);
    list.sweep(10);
    expect(list.isRevoked(of("-"), "k")).toBe(true);
    expect(list.size).toBe(1);
  });

  test("of two ends the later one counts, in whichever order they come", () => {
    for (const ends of [
      [10, 20],
      [20, 10],
    ]) {
      const clock = fixedClock(start);
      const list = createRevocationList({ clock });
      for (const end of ends) list.add([entry("a", { expiresAt: second + end })]);
      expect(list.size).toBe(1);
      clock.advance(19_999);
      expect(list.isRevoked(of("a"))).toBe(true);
    }
  });

  test("an entry that is over when it comes takes no room", () => {
    const list = createRevocationList({ clock: fixedClock(start) });
    list.add([entry("a", { expiresAt: second }), entry("b", { expiresAt: 0 })]);
    expect(list.size).toBe(0);
  });

  test("a clock that does not tell the time lets nothing through that was revoked", () => {
    let now = start;
    const list = createRevocationList({ clock: () => now });
    list.add([entry("a")]);
    now = Number.NaN;
    list.sweep(10);
    expect(list.isRevoked(of("a"))).toBe(true);
    expect(list.complete).toBe(false);
  });

  test("sweeping takes a few steps at a time, comes by every entry, and drops those that are over", () => {
    const clock = fixedClock(start);
    const list = createRevocationList({ clock });
    list.add(many(1_000));
    list.add([entry("longer", { expiresAt: second + 9_999 })]);
    clock.advance(1_020_000);
    list.sweep(100);
    expect(list.size).toBe(901);
    for (let round = 0; round < 10; round++) list.sweep(100);
    expect(list.size).toBe(1);
    expect(list.isRevoked(of("longer"))).toBe(true);
  });

  test("REF-14: memory is bounded by how many come in the time they live, without any call but add", () => {
    const clock = fixedClock(start);
    const list = createRevocationList({ clock });
    const perSecond = 20;
    let most = 0;
    for (let at = 0; at < 5_000; at++) {
      list.add(many(perSecond).map(({ id }) => entry(`${id}-${at}`, { expiresAt: second + at + 100 })));
      clock.advance(1_000);
      most = Math.max(most, list.size);
    }
    expect(most).toBeGreaterThanOrEqual(perSecond * 99);
    expect(most).toBeLessThan(perSecond * 100 * 1.5);
  });
});

describe("a full list", () => {
  test("refuses to grow, says that it is not complete, and keeps what it has", () => {
    const list = createRevocationList({ clock: fixedClock(start), maxEntries: 3 });
    list.add(many(3));
    expect(list.complete).toBe(true);
    list.add([entry("one too many")]);
    expect(list).toMatchObject({ size: 3, complete: false, refused: 1 });
    expect(list.isRevoked(of("session-0"))).toBe(true);
    expect(list.isRevoked(of("one too many"))).toBe(false);
  });

  test("still takes what it knows already, and lets it stay for longer", () => {
    const clock = fixedClock(start);
    const list = createRevocationList({ clock, maxEntries: 1 });
    list.add([entry("a")]);
    list.add([entry("a", { expiresAt: second + 5_000 })]);
    clock.advance(4_999_999);
    expect(list.isRevoked(of("a"))).toBe(true);
    expect(list.complete).toBe(true);
  });

  test("has room again when something is over", () => {
    const clock = fixedClock(start);
    const list = createRevocationList({ clock, maxEntries: 100 });
    list.add(many(99, { expiresAt: second + 10 }));
    list.add([entry("longer")]);
    clock.advance(10_000);
    list.add(many(99).map(({ id }) => entry(`new-${id}`)));
    expect(list).toMatchObject({ size: 100, complete: true });
  });

  test("looks for room among all it has before it refuses one", () => {
    const clock = fixedClock(start);
    const list = createRevocationList({ clock, maxEntries: 1_000 });
    list.add(many(999));
    list.add([entry("short", { expiresAt: second + 10 })]);
    clock.advance(10_000);
    list.add([entry("new")]);
    expect(list).toMatchObject({ size: 1_000, complete: true, refused: 0 });
  });

  test("is complete again when all that it left out is over, or was added after all", () => {
    const clock = fixedClock(start);
    const list = createRevocationList({ clock, maxEntries: 1 });
    list.add([entry("a"), entry("b", { expiresAt: second + 20 }), entry("c", { expiresAt: second + 10 })]);
    clock.advance(19_999);
    expect(list.complete).toBe(false);
    clock.advance(1);
    expect(list.complete).toBe(true);
    list.add([entry("k", { kind: "key", expiresAt: null })]);
    clock.advance(1_000_000_000);
    expect(list.complete).toBe(false);
    list.add([entry("k", { kind: "key", expiresAt: null })]);
    list.allWereKept();
    expect(list).toMatchObject({ size: 1, complete: true });
    expect(list.isRevoked(of("-"), "k")).toBe(true);
  });
});

test.each([
  [{ clock: undefined }, /^clock/],
  [{ clock: 0 }, /^clock/],
  [{ maxEntries: 0 }, /^maxEntries/],
  [{ maxEntries: 1.5 }, /^maxEntries/],
  [{ maxEntries: Number.POSITIVE_INFINITY }, /^maxEntries/],
])("wrong options are a TypeError: %j", (wrong, message) => {
  const make = () => createRevocationList({ clock: fixedClock(start), ...wrong } as never);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});
