import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exampleClaims, fixedClock, signedToken, throwAwayKey } from "./testing.ts";
import { createTokenTexts, isTextOf } from "./token-texts.ts";

const clock = fixedClock(1_800_000_000_000);
const { signing } = await throwAwayKey("ES256");
const tokenOf = (sub: string, scope = "") =>
  signedToken(signing, exampleClaims(clock, { sub, sid: `session-of-${sub}`, jti: `token-of-${sub}`, scope }));

/** Few letters and short parts, so that many begin alike or end alike. */
const part = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 4 });
const anyToken = fc.tuple(part, part, part).map((parts) => parts.join("."));

describe("createTokenTexts", () => {
  test("each text is known again by what is kept of it, and no other text is", () => {
    fc.assert(
      fc.property(fc.array(anyToken, { maxLength: 60 }), (tokens) => {
        const textOf = createTokenTexts();
        for (const token of tokens) {
          const kept = textOf(token);
          expect(kept.head + kept.rest).toBe(token);
          expect(tokens.filter((other) => isTextOf(kept, other))).toEqual(tokens.filter((other) => other === token));
        }
      }),
    );
  });

  test("a token that is changed anywhere, made longer or shorter, is another one", async () => {
    const textOf = createTokenTexts();
    textOf(await tokenOf("somebody"));
    const token = await tokenOf("ada");
    const kept = textOf(token);
    expect(isTextOf(kept, token)).toBe(true);
    const changed = Array.from(
      token,
      (letter, at) => token.slice(0, at) + (letter === "A" ? "B" : "A") + token.slice(at + 1),
    );
    expect(changed.filter((other) => isTextOf(kept, other))).toEqual([]);
    for (const other of [token.slice(1), token.slice(0, -1), `${token}A`, `A${token}`, kept.head, kept.rest, ""]) {
      expect(isTextOf(kept, other)).toBe(false);
    }
  });

  test("header and the claims that all have in common are in the head of all tokens but the first", async () => {
    const textOf = createTokenTexts();
    textOf(await tokenOf("ada"));
    const kept = await Promise.all(["grace", "edsger", "barbara"].map((name) => tokenOf(name))).then((tokens) =>
      tokens.map(textOf),
    );
    const [header = "", claims = ""] = kept.map(({ head }) => head)[0]?.split(".") ?? [];
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toMatchObject({ alg: "ES256" });
    expect(Buffer.from(claims, "base64url").toString()).toMatch(
      /"iss":.*"aud":.*"client_id":.*"amr":.*"scope":"","sub/,
    );
    expect(new Set(kept.map(({ head }) => head.length)).size).toBe(1);
  });

  test("where the headers differ, nothing is in the head", async () => {
    const textOf = createTokenTexts();
    const { signing: another } = await throwAwayKey("ES256");
    textOf(await tokenOf("ada"));
    expect(textOf(await signedToken(another, exampleClaims(clock))).head).toBe("");
  });

  test("heads that nobody shares any more are not kept: memory stays flat", () => {
    const textOf = createTokenTexts();
    const before = process.memoryUsage().heapUsed;
    for (let pair = 0; pair < 10_000; pair += 1) {
      const head = `header.${String(pair).padEnd(16_000, "x")}`;
      textOf(`${head}-one.signature`);
      expect(textOf(`${head}-two.signature`).head).toBe(`${head}-`);
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(80_000_000);
  });

  test("the signature is never part of the head, also when the same token comes twice", async () => {
    const textOf = createTokenTexts();
    const token = await tokenOf("ada");
    textOf(token);
    expect(textOf(token).rest).toBe(token.slice(token.lastIndexOf(".")));
  });
});
