// What every store of signing keys must do, whatever it is made of.

import { randomBytes } from "node:crypto";
import type { NewSigningKey, SigningKeyStore } from "@signet/auth/keys";
import { expect, it } from "vitest";

/** @param open Gives an empty store. */
export function testSigningKeyStore(open: () => Promise<SigningKeyStore>): void {
  it("has no keys at first, and tells the time", async () => {
    const store = await open();
    const { keys, now } = await store.listKeys();
    expect(keys).toEqual([]);
    expect(Math.abs(now - Date.now())).toBeLessThan(5_000);
  });

  it("gives back every byte of the key it was given, published now and active after its wait", async () => {
    const store = await open();
    const before = (await store.listKeys()).now;
    const key = newKey(1, { activeAfterSeconds: 360 });
    await store.insertKey(key);
    const { keys, now } = await store.listKeys();
    const { activeAfterSeconds, ...given } = key;
    const [found] = keys;
    if (found === undefined) throw new Error("The key is not there.");
    const { publishedAt, activeAt, ...rest } = found;
    expect(rest).toEqual({ ...given, salt: expect.anything(), retiredAt: null, revokedAt: null });
    expect(Buffer.from(rest.salt)).toEqual(Buffer.from(key.salt));
    expect(publishedAt.getTime()).toBeGreaterThanOrEqual(Math.floor(before) - 1);
    expect(publishedAt.getTime()).toBeLessThanOrEqual(Math.ceil(now) + 1);
    expect(activeAt.getTime() - publishedAt.getTime()).toBe(activeAfterSeconds * 1000);
  });

  it("lists keys by number, however they came", async () => {
    const store = await open();
    for (const number of [10, 2, 1]) await store.insertKey(newKey(number));
    expect((await store.listKeys()).keys.map(({ number }) => number)).toEqual([1, 2, 10]);
  });

  it("keeps the first of two keys with one number", async () => {
    const store = await open();
    const [first, second] = [newKey(1), newKey(1)];
    await store.insertKey(first);
    await store.insertKey(second);
    expect((await store.listKeys()).keys.map(({ kid }) => kid)).toEqual([first.kid]);
  });

  it("of twenty that come with one number at the same moment, keeps one", async () => {
    const store = await open();
    const offered = Array.from({ length: 20 }, () => newKey(1));
    await Promise.all(offered.map((key) => store.insertKey(key)));
    const { keys } = await store.listKeys();
    expect(keys).toHaveLength(1);
    expect(offered.map(({ kid }) => kid)).toContain(keys[0]?.kid);
  });

  it("retires the key before it when the new one begins to sign, and no key of another secret or algorithm", async () => {
    const store = await open();
    await store.insertKey(newKey(1));
    await store.insertKey(newKey(2, { algorithm: "Ed25519" }));
    await store.insertKey(newKey(3, { secretId: "another" }));
    await store.insertKey(newKey(4, { activeAfterSeconds: 360 }));
    const [first, other, foreign, next] = (await store.listKeys()).keys;
    expect(first?.retiredAt).toEqual(next?.activeAt);
    expect([other, foreign, next].map((key) => key?.retiredAt)).toEqual([null, null, null]);
  });

  it("moves the end of a key that still signs when another one takes the place of the next", async () => {
    const store = await open();
    await store.insertKey(newKey(1));
    await store.insertKey(newKey(2, { activeAfterSeconds: 360 }));
    await store.insertKey(newKey(3, { activeAfterSeconds: 720 }));
    const [first, , third] = (await store.listKeys()).keys;
    expect(first?.retiredAt).toEqual(third?.activeAt);
    await store.insertKey(newKey(4));
    const [, , , last] = (await store.listKeys()).keys;
    await store.insertKey(newKey(5));
    // What has ended has ended.
    expect((await store.listKeys()).keys[0]?.retiredAt).toEqual(last?.activeAt);
  });

  it("revokes a key once, all of a secret, and one that it has never had", async () => {
    const store = await open();
    const keys = [newKey(1), newKey(2), newKey(3, { secretId: "another" })];
    for (const key of keys) await store.insertKey(key);
    const [one, two, three] = keys.map(({ kid }) => kid);
    expect(await store.revokeKeys({ kid: one ?? "" })).toEqual({ kids: [one], sessions: 0 });
    expect(await store.revokeKeys({ kid: one ?? "" })).toEqual({ kids: [], sessions: 0 });
    expect(await store.revokeKeys({ secretId: "secret-id" })).toEqual({ kids: [two], sessions: 0 });
    expect((await store.listKeys()).keys.filter(({ revokedAt }) => revokedAt === null).map(({ kid }) => kid)).toEqual([
      three,
    ]);
    expect(await store.revokeKeys({ kid: "of an operator" })).toEqual({ kids: ["of an operator"], sessions: 0 });
  });

  it("keeps every algorithm whose public half can be published", async () => {
    const store = await open();
    const algorithms = ["ES256", "Ed25519", "RS256"] as const;
    for (const [index, algorithm] of algorithms.entries()) await store.insertKey(newKey(index + 1, { algorithm }));
    expect((await store.listKeys()).keys.map(({ algorithm }) => algorithm)).toEqual(algorithms);
  });
}

function newKey(number: number, values: Partial<NewSigningKey> = {}): NewSigningKey {
  const kid = randomBytes(32).toString("base64url");
  return {
    number,
    algorithm: "ES256",
    kid,
    publicJwk: { kty: "EC", crv: "P-256", x: `x of ${kid}`, y: "y 'with' \"quotes\" \\ and ü", kid },
    // Every byte value, also those that are no text.
    salt: Uint8Array.from(randomBytes(32), (byte, index) => (index < 4 ? ([0, 255, 10, 92][index] ?? byte) : byte)),
    secretId: "secret-id",
    activeAfterSeconds: 0,
    ...values,
  };
}
