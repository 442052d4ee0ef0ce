import { describe, expect, test } from "vitest";
import { exampleClaims, fixedClock, throwAwayKey } from "./testing.ts";
import { createVerifiedTokens, type VerifiedToken } from "./verified-tokens.ts";

const clock = fixedClock(1_800_000_000_000);
const { verification } = await throwAwayKey("ES256");
const entry = (jti: string): VerifiedToken => ({
  claims: exampleClaims(clock, { jti }),
  notBefore: 0,
  key: verification,
});

describe("createVerifiedTokens", () => {
  test("keeps no more tokens than it may, and drops the one not used for longest", () => {
    const tokens = createVerifiedTokens({ maxEntries: 2, maxBytes: 1_000_000 });
    tokens.remember("a", entry("a"));
    tokens.remember("b", entry("b"));
    expect(tokens.find("a")?.claims.jti).toBe("a");
    tokens.remember("c", entry("c"));
    expect(tokens.find("b")).toBeUndefined();
    expect(tokens.find("a")).toBeDefined();
    expect(tokens.find("c")).toBeDefined();
  });

  test("keeps no more bytes than it may: long tokens push out more of the others", () => {
    const tokens = createVerifiedTokens({ maxEntries: 1000, maxBytes: 30_000 });
    const names = Array.from({ length: 10 }, (_, index) => `short-${index}`);
    for (const name of names) tokens.remember(name, entry(name));
    expect(names.filter((name) => tokens.find(name))).toHaveLength(10);
    const long = "x".repeat(8192);
    tokens.remember(long, entry("long"));
    expect(names.filter((name) => tokens.find(name))).toHaveLength(9);
    expect(tokens.find(long)).toBeDefined();
    tokens.remember("y".repeat(8192), entry("long"));
    expect(names.filter((name) => tokens.find(name)).length).toBeLessThan(9);
  });

  test("a token that is larger than the whole memory is not kept, and pushes nothing out", () => {
    const tokens = createVerifiedTokens({ maxEntries: 10, maxBytes: 5000 });
    tokens.remember("a", entry("a"));
    tokens.remember("x".repeat(8192), entry("x"));
    expect(tokens.find("x".repeat(8192))).toBeUndefined();
    expect(tokens.find("a")).toBeDefined();
  });

  test("remembering twice and forgetting leaves the count of bytes right", () => {
    const tokens = createVerifiedTokens({ maxEntries: 10, maxBytes: 5000 });
    for (let round = 0; round < 100; round++) {
      tokens.remember("a", entry("a"));
      tokens.remember("a", entry("a"));
      tokens.forget("a");
      tokens.forget("a");
    }
    tokens.remember("a", entry("a"));
    tokens.remember("b", entry("b"));
    expect(tokens.find("a")).toBeDefined();
    expect(tokens.find("b")).toBeDefined();
  });
});
