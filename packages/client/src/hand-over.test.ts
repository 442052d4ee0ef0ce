import { anything, assert, constantFrom, integer, json, oneof, option, property, record, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { createFakeTab } from "../test/harness.ts";
import type { WebStorage } from "./client-storage.ts";
import {
  createHandOvers,
  type HandOver,
  handOverCodeFrom,
  handOverGoodMs,
  handOverKey,
  parseHandOver,
} from "./hand-over.ts";

const a43 = "A".repeat(43);
const b43 = "b".repeat(43);

const signIn: HandOver = { purpose: "sign-in", provider: "example", verifier: a43, begunMs: 1_000 };
const link: HandOver = { ...signIn, purpose: "link", subject: "sub-ada" };
const signUp: HandOver = { ...signIn, purpose: "sign-up", code: b43, suggestion: "ada" };
const all: [string, HandOver][] = [
  ["a sign-in", signIn],
  ["a link", link],
  ["a sign-up", signUp],
  ["a sign-up without a suggestion", { ...signUp, suggestion: null }],
];

function setUp(tabStorage: WebStorage = createFakeTab().tabStorage) {
  let nowMs = signIn.begunMs;
  const handOvers = createHandOvers(() => tabStorage, { dateMs: () => nowMs });
  return { handOvers, tabStorage, setNow: (ms: number) => (nowMs = ms) };
}

describe("a hand-over code in the address (CLM-09)", () => {
  it("is 43 characters of base64url", () => {
    const code = `${"aZ09_-".repeat(7)}x`;
    expect(handOverCodeFrom(code)).toBe(code);
  });

  it.each([
    ["nothing", ""],
    ["one too short", "a".repeat(42)],
    ["one too long", "a".repeat(44)],
    ["a token", `${"a".repeat(20)}.${"b".repeat(20)}.c`],
    ["of another alphabet", `${"a".repeat(42)}+`],
    ["padded", `${"a".repeat(42)}=`],
    ["followed by a line end", `${a43}\n`],
    ["encoded twice", `%41${"A".repeat(42)}`],
    ["a letter of another script", `${"a".repeat(42)}\u0430`],
    ["script", "<script>alert(1)</script>"],
    ["100 KB", "a".repeat(100_000)],
  ])("is none where it is %s", (_, text) => {
    expect(handOverCodeFrom(text)).toBeNull();
  });

  it("is taken as it is or not at all, and no token ever passes for one", () => {
    const near = string({
      unit: constantFrom("a", "Z", "0", "_", "-", ".", "=", "%", "\n", "ä"),
      minLength: 40,
      maxLength: 46,
    });
    assert(
      property(oneof(string(), near), (text) => {
        const found = handOverCodeFrom(text);
        const good = text.length === 43 && [...text].every((c) => /[\w-]/.test(c));
        expect(found).toBe(good ? text : null);
      }),
    );
  });
});

describe("what a tab keeps on the way to a provider", () => {
  it.each(all)("is read back as it was kept: %s", (_, handOver) => {
    const { handOvers } = setUp();
    handOvers.keep(handOver);
    expect(handOvers.read()).toEqual(handOver);
  });

  it("is good for ten minutes, and then removed", () => {
    const { handOvers, tabStorage, setNow } = setUp();
    handOvers.keep(signIn);
    setNow(signIn.begunMs + handOverGoodMs);
    expect(handOvers.read()).toEqual(signIn);
    setNow(signIn.begunMs + handOverGoodMs + 1);
    expect(handOvers.read()).toBeNull();
    expect(tabStorage.getItem(handOverKey)).toBeNull();
  });

  it("is not good before it was kept, as on a device whose date was set back", () => {
    const { handOvers, setNow } = setUp();
    handOvers.keep(signIn);
    setNow(signIn.begunMs - 1);
    expect(handOvers.read()).toBeNull();
  });

  it("is one: the next takes its place", () => {
    const { handOvers } = setUp();
    handOvers.keep(signUp);
    handOvers.keep(signIn);
    expect(handOvers.read()).toEqual(signIn);
  });

  const { tabStorage: good } = createFakeTab();
  const forbidden = () => {
    throw new DOMException("no", "SecurityError");
  };
  it.each<[string, () => WebStorage | undefined]>([
    ["is not there", () => undefined],
    ["is forbidden", forbidden],
    ["refuses each use", () => ({ getItem: forbidden, setItem: forbidden, removeItem: forbidden })],
    ["is full", () => ({ ...good, setItem: forbidden })],
    ["drops what it is given", () => ({ ...good, setItem: () => {} })],
  ])("is not kept where the storage %s, and that is said", (_, open) => {
    const handOvers = createHandOvers(open, { dateMs: () => signIn.begunMs });
    expect(() => handOvers.keep(signIn)).toThrow(
      expect.objectContaining({ reason: "unsupported", details: { problem: "no_tab_storage" } }),
    );
    expect(handOvers.read()).toBeNull();
  });

  it("is known to be still there where the storage does not let go of it", () => {
    const { tabStorage } = createFakeTab();
    const { handOvers } = setUp({ ...tabStorage, removeItem: () => {} });
    handOvers.keep(signIn);
    expect(handOvers.remove()).toBe(false);
    expect(setUp(tabStorage).handOvers.remove()).toBe(true);
  });

  it.each<[string, object]>([
    ["another purpose", { ...signIn, purpose: "sign-out" }],
    ["a provider that is a way up", { ...signIn, provider: ".." }],
    ["a provider that is an address", { ...signIn, provider: "//evil.example" }],
    ["a short verifier", { ...signIn, verifier: "a" }],
    ["a verifier that is a list", { ...signIn, verifier: [a43] }],
    ["a time that is a word", { ...signIn, begunMs: "1000" }],
    ["a time that is none", { ...signIn, begunMs: null }],
    ["a link of nobody", { ...link, subject: "" }],
    ["a link of a number", { ...link, subject: 7 }],
    ["a sign-up without a code", { ...signUp, code: undefined }],
    ["a sign-up with a token", { ...signUp, code: "a.b.c" }],
  ])("is not believed with %s", (_, kept) => {
    expect(parseHandOver(JSON.stringify(kept))).toBeNull();
  });

  it.each([
    ["a number", 7],
    ["empty", ""],
    ["endless", "a".repeat(65)],
  ])("has no suggestion where that is %s", (_, suggestion) => {
    expect(parseHandOver(JSON.stringify({ ...signUp, suggestion }))).toEqual({ ...signUp, suggestion: null });
  });

  it("is of the right shape or nothing, whatever stands there", () => {
    const almost = record(
      {
        purpose: oneof(constantFrom("sign-in", "link", "sign-up", "__proto__"), anything()),
        provider: oneof(constantFrom("example", "..", "a/b"), anything()),
        verifier: oneof(constantFrom(a43, `${a43}x`), anything()),
        begunMs: oneof(integer(), constantFrom(Number.NaN, 1e300, -0.5), anything()),
        subject: oneof(constantFrom("sub-ada", ""), anything()),
        code: oneof(constantFrom(b43, "x"), anything()),
        suggestion: option(oneof(string(), anything())),
      },
      { requiredKeys: [] },
    );
    const texts = oneof(
      string(),
      json(),
      almost.map((value) => {
        try {
          return JSON.stringify(value) ?? "";
        } catch {
          return "";
        }
      }),
    );
    assert(
      property(texts, (text) => {
        const handOver = parseHandOver(text);
        if (handOver === null) return true;
        expect(handOver.verifier).toMatch(/^[A-Za-z0-9_-]{43}$/);
        expect(handOver.provider).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        expect(Number.isSafeInteger(handOver.begunMs)).toBe(true);
        // Nothing rides along, and what was read can be kept and read again.
        expect(parseHandOver(JSON.stringify(handOver))).toEqual(handOver);
        return Object.keys(handOver).length <= 6;
      }),
    );
  });
});
