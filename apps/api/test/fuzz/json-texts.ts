// JSON of every shape, right and wrong, as text: what no serializer would write has to be written by hand.

import { awkwardText } from "./awkward-texts.ts";
import type { Chance } from "./chance.ts";

const numbers = [
  "0",
  "-0",
  "1",
  "-1",
  "1.5",
  "1e999",
  "-1e999",
  "1e-999",
  "9007199254740993",
  `${"9".repeat(400)}`,
] as const;
const notJson = [
  "",
  " ",
  "{",
  "[",
  '"',
  "{]",
  "[1,]",
  "{,}",
  "{a:1}",
  "{'a':1}",
  "NaN",
  "Infinity",
  "undefined",
  "01",
  "+1",
  "1 2",
  "nul",
  "/* */ {}",
  '"\\ud8"',
  '"\\x"',
  '"\n"',
  "\ufeff{}",
  "\ufeff\ufeff{}",
  "\u0000",
  "{}\u0000",
] as const;

/** A JSON text of some value. */
export function jsonText(chance: Chance, depth = 3): string {
  return chance.weighted([
    [6, () => jsonString(chance)],
    [3, () => chance.pick(numbers)],
    [3, () => chance.pick(["null", "true", "false", "{}", "[]"])],
    [depth > 0 ? 4 : 0, () => objectText(chance, depth)],
    [depth > 0 ? 3 : 0, () => `[${list(chance, () => jsonText(chance, depth - 1)).join(",")}]`],
    [0.05, () => hugeText(chance)],
  ]);
}

export function jsonString(chance: Chance): string {
  const text = awkwardText(chance);
  return chance.often(0.1) ? `"${everyUnitEscaped(text)}"` : JSON.stringify(text);
}

/** What no parser should take. */
export function brokenJson(chance: Chance): string {
  return chance.often(0.7) ? chance.pick(notJson) : jsonText(chance).slice(0, -1);
}

/** Near the limit of a body, or over it. */
function hugeText(chance: Chance): string {
  const deep = chance.pick([1_000, 30_000, 100_000]);
  return chance.pick([
    () => "[".repeat(deep) + "]".repeat(deep),
    () => '{"a":'.repeat(deep / 10) + "1" + "}".repeat(deep / 10),
    () => "[".repeat(deep),
    () => `[${"0,".repeat(deep)}0]`,
    () => `{${Array.from({ length: deep / 10 }, (_, index) => `"k${index}":0`).join(",")}}`,
    () => `{${'"a":1,'.repeat(deep / 10)}"a":2}`,
    () => "9".repeat(deep),
    () => `"${"\\u0000".repeat(deep / 6)}"`,
  ])();
}

function objectText(chance: Chance, depth: number): string {
  return `{${list(chance, () => `${jsonString(chance)}:${jsonText(chance, depth - 1)}`).join(",")}}`;
}

function list(chance: Chance, make: () => string): string[] {
  return Array.from({ length: chance.below(5) }, make);
}

/** The same text in another spelling. */
function everyUnitEscaped(text: string): string {
  return Array.from({ length: text.length }, (_, index) => {
    return `\\u${text.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}
