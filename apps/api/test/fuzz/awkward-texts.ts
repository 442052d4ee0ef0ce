// Texts that have tripped servers before: in names, values, paths and headers.

import type { Chance } from "./chance.ts";

/** Stands in all that must never come back and never be logged. */
export const secretCanary = "canary-secret-5d21";

/** As they stand in a program; how they are written down is the sender's matter. */
export const awkwardTexts = [
  "",
  " ",
  "ada",
  "null",
  "undefined",
  "NaN",
  "true",
  "0",
  "-1",
  "1e999",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "then",
  "length",
  "$where",
  "$1:__proto__:then",
  "a[__proto__][x]",
  "' OR '1'='1",
  '"; DROP TABLE x; --',
  "${7*7}",
  "{{7*7}}",
  "%00",
  "%0d%0aX-Injected: 1",
  "../../../../etc/hosts",
  "..\\..\\windows",
  "<script>alert(1)</script>",
  "\u0000",
  "a\u0000b",
  "\r\nX-Injected: 1\r\n\r\n",
  '\n{"level":60,"msg":"forged"}\n',
  "\u001b[31mred\u001b[0m",
  "\u009b31m",
  "\u0085",
  "\u2028",
  "\u2029",
  "\u202egnirts",
  "\ud800",
  "\udfff",
  "a\ud83d",
  "\ufeffada",
  "ａｄａ",
  "ада",
  "a\u0301".repeat(40),
  "👩‍👩‍👧‍👦",
  "ﷺ".repeat(60),
  "İ".repeat(65),
  "a".repeat(65),
  "a".repeat(257),
  "a".repeat(1_025),
  "=".repeat(200),
  "A".repeat(22),
  "A".repeat(71),
  "eyJhbGciOiJub25lIn0.e30.",
] as const;

export function awkwardText(chance: Chance): string {
  return chance.weighted([
    [10, () => chance.pick(awkwardTexts)],
    [2, () => chance.pick(awkwardTexts) + chance.pick(awkwardTexts)],
    [1, () => String.fromCharCode(...Array.from({ length: chance.below(20) }, () => chance.below(0x10000)))],
    [1, () => randomAscii(chance, chance.below(40))],
    [0.1, () => chance.pick(["a", "\u00e9", "\u{1f600}", "\\", '"', "\u0000"]).repeat(chance.below(12_000))],
  ]);
}

export function randomAscii(chance: Chance, length: number): string {
  return String.fromCharCode(...Array.from({ length }, () => 0x20 + chance.below(0x5f)));
}
