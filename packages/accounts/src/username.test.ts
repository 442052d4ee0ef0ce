import { AuthError } from "@signet/auth/errors";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findUsername, normalizeUsername, suggestUsername } from "./username.ts";

/** Text in which valid characters, look-alikes and characters of every kind are frequent. */
const anyName = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."aAzZ09._-+@ＡａﬁİıſẞßΣςσⅣ①@＠﹫éé́  ​­юЮ山田"), maxLength: 70 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ unit: "grapheme", maxLength: 70 }),
);

describe("one spelling for each name (PWD-18)", () => {
  it("gives a normalised name back unchanged, for names of any kind", () => {
    fc.assert(
      fc.property(anyName, (input) => {
        const once = findUsername(input);
        return once === undefined || findUsername(once) === once;
      }),
      { numRuns: 5_000 },
    );
  });

  it("takes capitals, full-width letters and composed accents for the same name", () => {
    expect(normalizeUsername("Zoë.Müller")).toBe("zoë.müller");
    expect(normalizeUsername("ｚｏë.müller")).toBe("zoë.müller");
    expect(normalizeUsername("ZOE\u0308.MU\u0308LLER")).toBe("zoë.müller");
  });

  it("orders the marks anew that lower case has brought out of order", () => {
    const name = normalizeUsername("\u0130\u0331");
    expect(name).toBe("i\u0331\u0307");
    expect(normalizeUsername(name)).toBe(name);
  });

  it("turns a look-alike @ into the real one before anything is looked up", () => {
    const real = normalizeUsername("alice@example.org");
    expect(normalizeUsername("alice＠example.org")).toBe(real);
    expect(normalizeUsername("alice﹫example.org")).toBe(real);
  });

  it("drops white space around a name, which keyboards of phones add", () => {
    expect(normalizeUsername("alice ")).toBe("alice");
    expect(normalizeUsername("\u00a0alice\n")).toBe("alice");
  });

  it("takes names of every script, with the signs . _ - + @", () => {
    for (const name of ["a", "юлия", "山田太郎", "नमस्ते", "علي", "a.b_c-d+e@f", "7", "٣"])
      expect(normalizeUsername(name)).toBe(name);
  });
});

describe("refuses", () => {
  const refused: Record<string, string> = {
    "nothing at all": "",
    "white space alone": "  ",
    "white space within": "al ice",
    "65 characters": "a".repeat(65),
    "a megabyte": "a".repeat(1_000_000),
    "another sign": "alice!",
    "a colon": "alice:bob",
    "a slash": "../alice",
    NUL: "alice\0",
    "a line break within": "alice\nbob",
    "a character of no width": "ali\u200bce",
    "a soft hyphen": "ali\u00adce",
    "an invisible mark": "ali\u034fce",
    "a variation selector": "alice\ufe0f",
    "a change of writing direction": "\u202ealice",
    "an emoji": "🦊",
    "a lone surrogate": "alice\ud800",
    "a mark with no letter before it": "\u0301alice",
  };
  it.each(Object.entries(refused))("%s", (_, input) => {
    expect(() => normalizeUsername(input)).toThrow(AuthError);
    expect(() => normalizeUsername(input)).toThrow(
      expect.objectContaining({ reason: "input_invalid", claim: "username" }),
    );
  });

  it("nothing but by that one error, and takes 64 letters of any script", () => {
    expect(normalizeUsername("a".repeat(64))).toHaveLength(64);
    expect([...normalizeUsername("𐐨".repeat(64))]).toHaveLength(64);
    fc.assert(
      fc.property(anyName, (input) => {
        const name = findUsername(input);
        return name === undefined
          ? refusalOf(input) instanceof AuthError
          : /^[\p{L}\p{M}\p{Nd}._\-+@]{1,64}$/u.test(name);
      }),
    );
  });
});

describe("a username suggested for what somebody is called elsewhere", () => {
  it.each([
    ["Ada Lovelace", "ada.lovelace"],
    ["  Zoë  King ", "zoë.king"],
    ["ada@example.com", "ada"],
    ["ada-lovelace_1815", "ada-lovelace_1815"],
    ["Ada (she/her) 🦊", "ada.sheher."],
    ["ＡＤＡ", "ada"],
    ["山田 太郎", "山田.太郎"],
    ["<script>alert(1)</script>", "scriptalert1script"],
    ["a".repeat(100), "a".repeat(64)],
    ["\u0301ada", "ada"],
  ])("%j gives %j", (called, suggestion) => {
    expect(suggestUsername(called)).toBe(suggestion);
  });

  it.each(["", " ", "🦊", "@example.com", "\u200b"])("%j gives none", (called) => {
    expect(suggestUsername(called)).toBeUndefined();
  });

  it("is a username as it stands, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(anyName, fc.string({ unit: "binary" })), (text) => {
        const suggestion = suggestUsername(text);
        return suggestion === undefined || normalizeUsername(suggestion) === suggestion;
      }),
    );
  });
});

function refusalOf(input: string): unknown {
  try {
    return normalizeUsername(input);
  } catch (error) {
    return error;
  }
}
