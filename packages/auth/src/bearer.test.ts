import { describe, expect, test } from "vitest";
import { parseBearer } from "./bearer.ts";

const refusal = (reason: string) => expect.objectContaining({ name: "AuthError", reason });

describe("parseBearer", () => {
  test.each(["Bearer", "bearer", "BEARER", "bEaReR"])("HTTP-01: takes the scheme as %s", (scheme) => {
    expect(parseBearer(`${scheme} abc.def.ghi`)).toBe("abc.def.ghi");
  });

  test("HTTP-02: takes one or more spaces", () => {
    expect(parseBearer("Bearer    abc.def.ghi")).toBe("abc.def.ghi");
    expect(parseBearer("Bearer a-b_c~d+e/f==")).toBe("a-b_c~d+e/f==");
  });

  test.each([
    null,
    undefined,
    "",
    "Basic YTpi",
    "DPoP abc",
    "Bearers abc",
    "Bearer-x abc",
    "abc.def.ghi",
    " Bearer abc",
  ])("HTTP-03: calls %j missing: no credentials, or another scheme", (header) => {
    expect(() => parseBearer(header)).toThrow(refusal("token_missing"));
  });

  test.each([
    "Bearer",
    "Bearer ",
    "Bearer    ",
    "Bearer\tabc",
    "Bearer \tabc",
    "Bearer abc\t",
    "Bearer abc ",
    "Bearer abc def",
    "Bearer abc, Bearer def",
    "Bearer abc,def",
    "Bearer,abc",
    'Bearer "abc"',
    "Bearer 'abc'",
    "Bearer=abc",
    "Bearer abc\n",
    "Bearer abc\r\nX: y",
    "Bearer a=b",
    "Bearer ==",
    "Bearer äbc",
    "Bearer abc\u00a0",
    "Bearer\u00a0abc",
    "Bearer {}",
  ])("HTTP-02, HTTP-05: calls %j malformed", (header) => {
    expect(() => parseBearer(header)).toThrow(refusal("token_malformed"));
  });

  test("takes time in proportion to the header, whatever is in it", () => {
    for (const header of [`Bearer ${"a".repeat(1e6)}!`, `Bearer${" ".repeat(1e6)}`, `Bearer ${"=".repeat(1e6)}`]) {
      const startedAt = performance.now();
      expect(() => parseBearer(header)).toThrow(refusal("token_malformed"));
      // A pattern that goes back and forth over a million characters would need hours.
      expect(performance.now() - startedAt).toBeLessThan(5000);
    }
  });

  test("KEY-20: no message repeats the header", () => {
    expect(() => parseBearer("Bearer canary,")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("canary") }),
    );
  });
});
