import { describe, expect, it } from "vitest";
import { strengthOf } from "./passphrase-strength";

describe("strengthOf", () => {
  it.each(["", "short", "fourteen chars", "Tr0ub4dor&3", "aaaaaaaaaaaaaaaaaaaaaaaa", "abababababababababab"])(
    "does not call %j enough",
    (password) => {
      expect(strengthOf(password, 15).enough).toBe(false);
    },
  );

  it.each(["seven quiet lanterns drift", "fünfzehn Zeiche", "一二三四五六七八九十百千万億兆"])(
    "calls %j enough",
    (password) => {
      expect(strengthOf(password, 15).enough).toBe(true);
    },
  );

  it("asks for no digits, capitals or signs", () => {
    for (const password of ["", "word", "word word", "word word word word", "aaaaaaaa"]) {
      expect(strengthOf(password, 15).advice).not.toMatch(/must|number|uppercase|symbol/i);
    }
  });

  it("counts as the server does, in code points", () => {
    expect(strengthOf("🦊🐝🌿🍎🎻🧭🪁", 8).enough).toBe(false);
    expect(strengthOf("🦊🐝🌿🍎🎻🧭🪁🔑", 8).enough).toBe(true);
  });
});
