import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createProviderTransactions, type ProviderTransactions } from "./provider-transactions.ts";

const newSecret = () => randomBytes(32).toString("base64url");
const secret = newSecret();
const asked = { provider: "acme_corp", challenge: "c".repeat(43), returnPath: "/notes?of=zoë#2" };

let nowMs: number;
let transactions: ProviderTransactions;

beforeEach(() => {
  nowMs = Date.UTC(2026, 10, 24);
  transactions = createProviderTransactions([secret], () => nowMs);
});

const jar = ({ id, value }: { id: string; value: string }) => new Map([[id, value]]);

describe("what a browser keeps while its person is at a provider", () => {
  it("says what was asked for, and has the same secrets again", () => {
    const { kept, secrets } = transactions.begin(asked);
    expect(transactions.open(kept.id, jar(kept))).toEqual({ asked, secrets });
    expect(secrets.state).toBe(kept.id);
  });

  it("holds whatever was asked for, and any return path", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2_048 }), (text) => {
        const returnPath = Buffer.from(text).toString();
        const { kept } = transactions.begin({ ...asked, returnPath });
        return transactions.open(kept.id, jar(kept))?.asked.returnPath === returnPath;
      }),
    );
  });

  it("has secrets that nobody knows from it without ours, each of at least 128 bits", () => {
    const { kept, secrets } = transactions.begin(asked);
    const elsewhere = createProviderTransactions([newSecret()], () => nowMs);
    expect(elsewhere.open(kept.id, jar(kept))).toBeUndefined();
    expect(secrets.nonce).not.toBe(secrets.codeVerifier);
    for (const text of [secrets.nonce, secrets.codeVerifier]) {
      expect(text).toMatch(/^[\w-]{43}$/);
      expect(kept.value).not.toContain(text);
    }
  });

  it("is nothing with any character of it changed, or under another id", () => {
    const { kept } = transactions.begin(asked);
    const other = transactions.begin(asked).kept;
    const changed = [...kept.value].map(
      (character, at) => kept.value.slice(0, at) + (character === "7" ? "8" : "7") + kept.value.slice(at + 1),
    );
    for (const value of [...changed, other.value, "", `${kept.value}.`, kept.value.toUpperCase()]) {
      expect(transactions.open(kept.id, jar({ id: kept.id, value }))).toBeUndefined();
    }
    expect(transactions.open(other.id, jar({ id: other.id, value: kept.value }))).toBeUndefined();
    expect(transactions.open(null, jar(kept))).toBeUndefined();
    expect(transactions.open(kept.id, jar(kept))).toBeDefined();
  });

  it("is nothing of whatever text a browser may send", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (value, id) => {
        const { kept } = transactions.begin(asked);
        return (
          transactions.open(kept.id, new Map([[kept.id, value]])) === undefined &&
          transactions.open(id, new Map([[id, kept.value]])) === undefined
        );
      }),
    );
  });

  it("is over after ten minutes", () => {
    const { kept } = transactions.begin(asked);
    nowMs += 599_000;
    expect(transactions.open(kept.id, jar(kept))).toBeDefined();
    nowMs += 1_000;
    expect(transactions.open(kept.id, jar(kept))).toBeUndefined();
  });

  it("outlives a change of the secret, for as long as the former one is still accepted", () => {
    const { kept, secrets } = transactions.begin(asked);
    const after = createProviderTransactions([newSecret(), secret], () => nowMs);
    expect(after.open(kept.id, jar(kept))).toEqual({ asked, secrets });
  });
});
