import fc from "fast-check";
import { expect, test } from "vitest";
import { createSecondChance } from "./second-chance.ts";

interface Value {
  key: string;
  bytes: number;
}

const make = (maxEntries: number, maxBytes = 1_000_000) =>
  createSecondChance<Value>({ maxEntries, maxBytes, keyOf: ({ key }) => key, sizeOf: ({ bytes }) => bytes });
const named = (key: string): Value => ({ key, bytes: 1 });
const many = (count: number, prefix = "") => Array.from({ length: count }, (_, index) => named(`${prefix}${index}`));

test("never keeps more entries or bytes than it may, and gives nothing but the latest value of a key", () => {
  const step = fc.record({
    what: fc.constantFrom("find" as const, "keep" as const, "keep" as const, "forget" as const),
    key: fc.nat(20).map(String),
    bytes: fc.integer({ min: 1, max: 110 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 12 }), (steps, maxEntries) => {
      const memory = make(maxEntries, 100);
      const latest = new Map<string, Value>();
      for (const { what, key, bytes } of steps) {
        // What has just come is there, if there can be room for it at all; what was forgotten is not.
        const { [what]: act } = {
          keep: () => {
            const value = { key, bytes };
            memory.keep(value);
            latest.set(key, value);
            return bytes > 100 ? [undefined] : [value];
          },
          forget: () => {
            memory.forget(key);
            latest.delete(key);
            return [undefined];
          },
          find: () => [undefined, latest.get(key)],
        };
        const expected = act();
        expect(expected).toContain(memory.find(key));
        const kept = [...latest.values()].filter((value) => memory.find(value.key) === value);
        expect(kept).toHaveLength(memory.size);
        expect(memory.size).toBeLessThanOrEqual(maxEntries);
        expect(kept.reduce((sum, value) => sum + value.bytes, 0)).toBeLessThanOrEqual(100);
      }
    }),
  );
});

test("as many as it may keep are all kept, however often they are used in turn", () => {
  const memory = make(100);
  const values = many(100);
  for (const value of values) memory.keep(value);
  for (let round = 0; round < 5; round += 1) {
    expect(values.filter(({ key }) => memory.find(key) === undefined)).toEqual([]);
  }
});

test("what is used now and then stays, however many come that are not", () => {
  const memory = make(100);
  const used = many(20, "used");
  for (const value of used) memory.keep(value);
  for (let round = 0; round < 2_000; round += 1) {
    for (const value of many(50, `new-${round}-`)) memory.keep(value);
    expect(used.filter(({ key }) => memory.find(key) === undefined)).toEqual([]);
  }
});

test("what is not used makes room for what comes", () => {
  const memory = make(10);
  memory.keep(named("once"));
  for (const value of many(10)) memory.keep(value);
  expect(memory.find("once")).toBeUndefined();
  expect(memory.find("9")).toBeDefined();
});

test("what is larger than all the room is not kept, and pushes nothing out", () => {
  const memory = make(10, 100);
  memory.keep(named("small"));
  memory.keep({ key: "large", bytes: 101 });
  expect(memory.find("large")).toBeUndefined();
  expect(memory.find("small")).toBeDefined();
});
