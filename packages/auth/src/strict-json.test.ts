import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJsonObject } from "./strict-json.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const succeeds = (parse: () => unknown) => {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
};
const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));

describe("parseJsonObject", () => {
  test("TOK-07: agrees with JSON.parse on every object without equal names, however it is spaced", () => {
    fc.assert(
      fc.property(objects, fc.constantFrom(undefined, 1, "\t", " \n"), (object, space) => {
        const json = JSON.stringify(object, null, space);
        expect(JSON.stringify(parseJsonObject(encode(json)))).toBe(JSON.stringify(JSON.parse(json)));
      }),
      { numRuns: 500 },
    );
  });

  test("accepts nothing that JSON.parse refuses", () => {
    const nearJson = fc
      .tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 }))
      .map(([json, at, added]) => json.slice(0, at % json.length) + added + json.slice(at % json.length));
    fc.assert(
      fc.property(fc.oneof(nearJson, fc.string()), (text) => {
        const isTaken = succeeds(() => parseJsonObject(encode(text)));
        expect(isTaken && !succeeds(() => JSON.parse(text))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test("TOK-08: refuses an equal name at any depth, in any spelling, with any values", () => {
    const name = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(objects, name, fc.jsonValue(), fc.jsonValue(), fc.nat(5), (object, twice, one, two, depth) => {
        const escaped = [...twice].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
        const { [twice]: _, ...rest } = object;
        const others = JSON.stringify(rest).slice(1, -1);
        const members = [`${JSON.stringify(twice)}:${JSON.stringify(one)}`, `"${escaped}":${JSON.stringify(two)}`];
        const doubled = `{${[members[0], ...(others === "" ? [] : [others]), members[1]].join(",")}}`;
        const nested = `${'{"a":['.repeat(depth)}${doubled}${"]}".repeat(depth)}`;
        expect(() => JSON.parse(nested)).not.toThrow();
        expect(() => parseJsonObject(encode(nested))).toThrow(SyntaxError);
      }),
      { numRuns: 500 },
    );
  });

  test("is not confused by colons, quotes and backslashes in texts", () => {
    for (const text of [":", '":', '\\":', '\\\\":"', "\\", '"', "a:b:c", '{"a":1,"a":2}']) {
      const json = JSON.stringify({ [text]: text, list: [text, { [text]: text }] });
      expect(JSON.stringify(parseJsonObject(encode(json)))).toBe(json);
    }
  });

  test("gives an object without a prototype", () => {
    expect(Object.getPrototypeOf(parseJsonObject(encode('{"a":1}')))).toBeNull();
  });

  test("KEY-20: messages hold nothing of the input where duplicates or halves of characters are refused", () => {
    for (const json of ['{"canary":1,"canary":2}', '{"canary":"\\ud800canary"}']) {
      expect(() => parseJsonObject(encode(json))).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("canary") }),
      );
    }
  });
});
