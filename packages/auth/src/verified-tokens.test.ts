import { describe, expect, test } from "vitest";
import { exampleClaims, fixedClock, throwAwayKey } from "./testing.ts";
import { createVerifiedTokens, type VerifiedToken } from "./verified-tokens.ts";

const clock = fixedClock(1_800_000_000_000);
const now = clock() / 1000;
const { verification } = await throwAwayKey("ES256");
const entry = (jti: string): VerifiedToken => ({
  claims: exampleClaims(clock, { jti }),
  notBefore: 0,
  key: verification,
});
/** A text that stands for a token: what comes last makes it unlike others. */
const tokenOf = (name: string) => `header.payload.signature-of-${name}`;
const tokens = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => tokenOf(`${prefix}-${index}`));

describe("createVerifiedTokens", () => {
  test("finds what it remembers, at the second sight and at each later one", () => {
    const verified = createVerifiedTokens({ maxEntries: 100, maxBytes: 1_000_000 });
    verified.remember(tokenOf("a"), entry("a"), now);
    for (let sight = 0; sight < 5; sight += 1) expect(verified.find(tokenOf("a"))?.claims.jti).toBe("a");
  });

  test("a token that ends like another one is not taken for it, as a newcomer or later", () => {
    const verified = createVerifiedTokens({ maxEntries: 100, maxBytes: 1_000_000 });
    const token = tokenOf("somebody-with-a-long-name");
    const sameEnd = token.replace("payload", "another");
    verified.remember(token, entry("a"), now);
    expect(verified.find(sameEnd)).toBeUndefined();
    expect(verified.find(token)?.claims.jti).toBe("a");
    expect(verified.find(sameEnd)).toBeUndefined();
    expect(verified.find(token.slice(1))).toBeUndefined();
    expect(verified.find(`x${token}`)).toBeUndefined();
    expect(verified.find(token)?.claims.jti).toBe("a");
  });

  test("tokens that come once, a million of them, do not push out those in use, and memory stays flat", () => {
    const verified = createVerifiedTokens({ maxEntries: 1_000, maxBytes: 1_000_000 });
    const used = tokens(500, "used");
    for (const token of used) verified.remember(token, entry("used"), now);
    for (const token of used) verified.find(token);
    const once = entry("once");
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < 1_000_000; index += 1) verified.remember(tokenOf(`once-${index}`), once, now);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
    expect(used.filter((token) => verified.find(token) === undefined)).toEqual([]);
  });

  test("as many as it may keep are kept, also when each comes again only after all the others", () => {
    const verified = createVerifiedTokens({ maxEntries: 1_000, maxBytes: 1_000_000 });
    const all = tokens(1_000, "in-turn");
    for (const token of all) verified.remember(token, entry("in turn"), now);
    for (let round = 0; round < 3; round += 1) {
      expect(all.filter((token) => verified.find(token) === undefined)).toEqual([]);
    }
  });

  test("those that are over make room for those that come into use", () => {
    const verified = createVerifiedTokens({ maxEntries: 100, maxBytes: 1_000_000 });
    const use = (all: string[], at: number) => {
      const expiring = { ...entry("used"), claims: exampleClaims(clock, { exp: at + 300 }) };
      for (let round = 0; round < 5; round += 1) {
        for (const token of all) if (verified.find(token) === undefined) verified.remember(token, expiring, at);
      }
      return all.filter((token) => verified.find(token)).length;
    };
    expect(use(tokens(100, "yesterday"), now)).toBe(100);
    expect(use(tokens(100, "today"), now + 301)).toBe(100);
  });

  test("asking for tokens that were never remembered, a million of them, changes nothing", () => {
    const verified = createVerifiedTokens({ maxEntries: 10, maxBytes: 100_000 });
    const [newcomer = "", regular = ""] = tokens(2, "valid");
    for (const token of [newcomer, regular]) verified.remember(token, entry("valid"), now);
    verified.find(regular);
    for (let index = 0; index < 1_000_000; index += 1) verified.find(tokenOf(`made-up-${index}`));
    expect([verified.find(newcomer), verified.find(regular)]).not.toContain(undefined);
  });

  test("keeps no more tokens than it may", () => {
    const verified = createVerifiedTokens({ maxEntries: 100, maxBytes: 10_000_000 });
    const many = tokens(5_000, "many");
    for (let round = 0; round < 3; round += 1) {
      for (const token of many) {
        verified.remember(token, entry("many"), now);
        verified.find(token);
      }
    }
    expect(many.filter((token) => verified.find(token)).length).toBeLessThanOrEqual(100);
  });

  test("keeps no more bytes than it may: long tokens push out more of the others", () => {
    const verified = createVerifiedTokens({ maxEntries: 1_000, maxBytes: 200_000 });
    const short = tokens(40, "short");
    const long = Array.from({ length: 100 }, (_, index) => `${"x".repeat(8_000)}-and-an-end-of-its-own-${index}`);
    const use = (all: string[]) => {
      for (const token of all) {
        verified.remember(token, entry("used"), now);
        verified.find(token);
      }
      return all.filter((token) => verified.find(token)).length;
    };
    expect(use(short)).toBe(40);
    expect(use(long)).toBeLessThan(200_000 / 8_000);
    expect(short.filter((token) => verified.find(token))).toEqual([]);
  });

  test("a forgotten token is not found again, newcomer or not", () => {
    const verified = createVerifiedTokens({ maxEntries: 100, maxBytes: 1_000_000 });
    for (const token of tokens(2, "a")) {
      verified.remember(token, entry("a"), now);
      if (token.endsWith("1")) verified.find(token);
      verified.forget(token);
      expect(verified.find(token)).toBeUndefined();
    }
  });
});
