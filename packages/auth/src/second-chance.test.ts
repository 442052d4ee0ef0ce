import fc from "fast-check";
import { expect, test } from "vitest";
import { createSecondChance, type Entry } from "./second-chance.ts";

interface Value extends Entry {
  key: string;
  bytes: number;
}

const make = () => createSecondChance<Value, string>({ keyOf: ({ key }) => key, sizeOf: ({ bytes }) => bytes });
const named = (key: string, bytes = 1): Value => ({ key, bytes, used: false, place: 0 });
const many = (count: number, prefix = "") => Array.from({ length: count }, (_, index) => named(`${prefix}${index}`));

test("gives nothing but the latest value of a key, and always knows how many there are and how large", () => {
  const step = fc.record({
    what: fc.constantFrom(
      "find" as const,
      "keep" as const,
      "keep" as const,
      "forget" as const,
      "forgetUnused" as const,
    ),
    key: fc.nat(20).map(String),
    bytes: fc.integer({ min: 1, max: 100 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const memory = make();
      const latest = new Map<string, Value>();
      for (const { what, key, bytes } of steps) {
        const before = memory.count;
        const { [what]: act } = {
          keep: () => {
            const value = named(key, bytes);
            const isNew = memory.find(key) === undefined;
            memory.keep(value);
            latest.set(key, value);
            return [before + (isNew ? 1 : 0), [value]] as const;
          },
          forget: () => {
            const isThere = memory.find(key) !== undefined;
            memory.forget(key);
            latest.delete(key);
            return [before - (isThere ? 1 : 0), [undefined]] as const;
          },
          find: () => [before, [undefined, latest.get(key)]] as const,
          forgetUnused: () => {
            memory.forgetUnused();
            return [Math.max(before - 1, 0), [undefined, latest.get(key)]] as const;
          },
        };
        const [count, found] = act();
        expect(memory.count).toBe(count);
        expect(found).toContain(memory.find(key));
      }
      const kept = [...latest.values()].filter((value) => memory.find(value.key) === value);
      expect(kept).toHaveLength(memory.count);
      expect(kept.reduce((sum, value) => sum + value.bytes, 0)).toBe(memory.size);
    }),
  );
});

test("what is used stays, when those that are not have to go", () => {
  const memory = make();
  const used = many(20, "used");
  for (const value of used) memory.keep(value);
  for (let round = 0; round < 1_000; round += 1) {
    for (const value of many(50, `new-${round}-`)) memory.keep(value);
    expect(used.filter(({ key }) => memory.find(key) === undefined)).toEqual([]);
    while (memory.count > 40) memory.forgetUnused();
  }
});

test("those that are over go, used or not, after as many steps as there are", () => {
  const memory = make();
  for (const value of many(10)) memory.keep(value);
  for (const { key } of many(10)) memory.find(key);
  const isOdd = ({ key }: Value) => Number(key) % 2 === 1;
  memory.forgetOver(4, isOdd);
  expect(memory.count).toBe(8);
  memory.forgetOver(6, isOdd);
  expect(
    many(10)
      .filter(({ key }) => memory.find(key))
      .map(({ key }) => key),
  ).toEqual(["0", "2", "4", "6", "8"]);
});

test("all can go, used or not, and then there is nothing to do", () => {
  const memory = make();
  for (const value of many(10)) memory.keep(value);
  for (const { key } of many(10)) memory.find(key);
  for (let turn = 0; turn < 12; turn += 1) memory.forgetUnused();
  expect([memory.count, memory.size]).toEqual([0, 0]);
});
