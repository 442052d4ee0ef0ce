import { AuthError } from "@signet/auth/errors";
import { dictionary } from "@zxcvbn-ts/language-common";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canBePassword, maxPasswordBytes, requireAcceptablePassword } from "./password-policy.ts";

function problemOf(password: string, { minLength = 15, username = "zelda" } = {}): string | undefined {
  try {
    requireAcceptablePassword(password, minLength, username);
    return undefined;
  } catch (error) {
    if (!(error instanceof AuthError && error.reason === "password_unacceptable")) throw error;
    if (password.length >= 15 && error.message.includes(password))
      throw new Error("The message repeats the password.", { cause: error });
    return error.problem;
  }
}

describe("length (PWD-01)", () => {
  it("asks for 15 code points, not bytes or code units", () => {
    expect(problemOf("vexing olive sk")).toBeUndefined();
    expect(problemOf("vexing olive s")).toBe("too_short");
    expect(problemOf("🦊🐢🌵🧭🪁🎻🧄🪐🦑🍄🛶🧵🎈🧿")).toBe("too_short");
    expect(problemOf("🦊🐢🌵🧭🪁🎻🧄🪐🦑🍄🛶🧵🎈🧿🪗")).toBeUndefined();
  });

  it("counts a letter and its accent as one, however they were typed", () => {
    expect(problemOf("e\u0301".repeat(14).slice(0, 28))).toBe("too_short");
  });

  it("takes another minimum", () => {
    expect(problemOf("vexingol", { minLength: 8 })).toBeUndefined();
    expect(problemOf("vexingo", { minLength: 8 })).toBe("too_short");
  });

  it("takes a password that fills 1,024 bytes, and none of one more", () => {
    const random = Array.from({ length: 500 }, (_, index) =>
      String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000)),
    ).join("");
    const long = `${random.slice(0, 341)}x`;
    expect(Buffer.byteLength(long)).toBe(1_024);
    expect(problemOf(long)).toBeUndefined();
    expect(problemOf(`${long}y`)).toBe("too_long");
  });

  it("refuses a megabyte in no time", () => {
    const huge = "x".repeat(1_000_000);
    const startedAt = performance.now();
    for (let round = 0; round < 1_000; round += 1) canBePassword(huge);
    expect(performance.now() - startedAt).toBeLessThan(200);
    expect(problemOf(huge)).toBe("too_long");
  });
});

describe("characters", () => {
  it("takes every printable character of ASCII, spaces and all scripts, and asks for no mixture", () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCodePoint(32 + index)).join("");
    for (const sign of printable) expect(canBePassword(`vexing olive ${sign}`)).toBe(true);
    expect(problemOf("only small letters here")).toBeUndefined();
    expect(problemOf("ПРИВЕТ милый дом")).toBeUndefined();
    expect(problemOf("春眠不覺曉處處聞啼鳥夜來風雨聲")).toBeUndefined();
    expect(problemOf("  vexing olive sky  ")).toBeUndefined();
  });

  it.each([
    ["NUL", "vexing olive\0 skies"],
    ["a lone high surrogate", "vexing olive skies\ud83e"],
    ["a lone low surrogate", "\udd8avexing olive skies"],
    ["a line break", "vexing olive\nskies"],
    ["DEL", "vexing olive skies\x7f"],
  ])("refuses %s, which would not arrive as it was typed", (_, password) => {
    expect(problemOf(password)).toBe("unsupported_character");
    expect(canBePassword(password)).toBe(false);
  });

  it("agrees with what can be a password, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (password) => {
        const isUsable = !["too_long", "unsupported_character"].includes(problemOf(password) ?? "");
        return canBePassword(password) === (isUsable && password !== "");
      }),
    );
    expect(canBePassword("")).toBe(false);
  });
});

describe("common passwords (PWD-02)", () => {
  const list = dictionary["passwords-common"];
  const refusedWithReason = (password: string) =>
    ["too_common", "repeats", "sequence"].includes(problemOf(password) ?? "");

  it("refuses at least 3,000 different ones that are long enough, made of the 3,000 most common", () => {
    const made = list.slice(0, 3_000).flatMap((word) => {
      const times = Math.max(2, Math.ceil(15 / word.length));
      return [
        word.repeat(times),
        `${word}1234567890`,
        `${word}2026!`,
        `${word.toUpperCase()}123456789`,
        `123456789${word}`,
      ];
    });
    const longEnough = new Set(made.filter((password) => [...password].length >= 15));
    const passed = [...longEnough].filter((password) => !refusedWithReason(password));
    expect(longEnough.size - passed.length).toBeGreaterThanOrEqual(3_000);
    expect(passed).toEqual([]);
  });

  it("refuses every entry of the list that is long enough", () => {
    const entries = list.filter((entry) => [...entry].length >= 15);
    expect(entries.length).toBeGreaterThan(30);
    expect(entries.filter((entry) => !refusedWithReason(entry))).toEqual([]);
  });

  it("refuses every entry of the list when short ones are allowed", () => {
    const entries = list.filter((entry) => [...entry].length >= 8);
    expect(entries.length).toBeGreaterThan(10_000);
    expect(entries.filter((entry) => problemOf(entry, { minLength: 8 }) === undefined)).toEqual([]);
  });

  it.each([
    ["in capitals", "SUNSHINEPRINCESS", "too_common"],
    ["with separators", "sunshine-princess", "too_common"],
    ["with digits behind", "Sunshine.Princess.2026", "too_common"],
    ["the name of this service", "SignetSignet2026!", "too_common"],
    ["one letter", "aaaaaaaaaaaaaaaaaaaa", "repeats"],
    ["one word again and again", "olive olive olive ", "repeats"],
    ["a row of the keyboard", "qwertyuiopasdfghjkl", "sequence"],
    ["columns of the keyboard", "1qaz2wsx3edc4rfv", "sequence"],
    ["the alphabet", "abcdefghijklmnopq", "sequence"],
    ["digits", "012345678909876543210", "sequence"],
    ["the username", "zelda.zelda.zeld1", "contains_username"],
    ["the username and a common word", "zeldasunshine2026", "contains_username"],
  ])("refuses %s, and tells which it is", (_, password, problem) => {
    expect(problemOf(password)).toBe(problem);
  });

  it("compares the whole password: a common word within a long one is fine", () => {
    expect(problemOf("correct horse battery staple")).toBeUndefined();
    expect(problemOf("password under the doormat")).toBeUndefined();
    expect(problemOf("zelda went ahead and opened it")).toBeUndefined();
  });

  it("lets random passwords and four random words pass", () => {
    const words = dictionary["diceware-common"];
    const word = fc.nat({ max: words.length - 1 }).map((index) => words[index] ?? "");
    const phrases = fc
      .sample(fc.tuple(word, word, word, word), { numRuns: 5_000, seed: 1 })
      .map((parts) => parts.join(" "));
    const refused = phrases.filter((phrase) => [...phrase].length >= 15 && problemOf(phrase) !== undefined);
    expect(refused.length).toBeLessThanOrEqual(1);

    const random = fc.sample(fc.string({ unit: "grapheme-ascii", minLength: 20, maxLength: 20 }), {
      numRuns: 5_000,
      seed: 1,
    });
    expect(random.filter((password) => problemOf(password) === "too_common")).toEqual([]);
  });

  it("takes under a millisecond, also for the worst of texts", () => {
    const worst = [
      "x".repeat(1_023),
      `${"ab".repeat(511)}c`,
      "1".repeat(47),
      "zebra1!?-".repeat(5),
      "sunshine".repeat(100),
    ];
    for (const password of worst) problemOf(password);
    const startedAt = performance.now();
    for (let round = 0; round < 100; round += 1) for (const password of worst) problemOf(password);
    expect((performance.now() - startedAt) / (100 * worst.length)).toBeLessThan(1);
  });
});

it("says in each refusal what is wrong and what to do", () => {
  expect(() => requireAcceptablePassword("short", 15, "alice")).toThrow(/at least 15 characters/);
  expect(() => requireAcceptablePassword("x".repeat(2_000), 15, "alice")).toThrow(String(maxPasswordBytes));
});
