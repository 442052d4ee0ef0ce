import { describe, expect, test } from "vitest";
import { createVerificationKeys, importJwkSet } from "./jwks.ts";
import { throwAwayKey } from "./testing.ts";

const [es256, ed25519, rs256, hs256] = await Promise.all([
  throwAwayKey("ES256"),
  throwAwayKey("Ed25519"),
  throwAwayKey("RS256"),
  throwAwayKey("HS256"),
]);
const kidsOf = async (keys: unknown[]) => (await importJwkSet({ keys })).map(({ kid }) => kid);

describe("importJwkSet", () => {
  test("takes the keys of our three algorithms, under their names", async () => {
    const keys = await importJwkSet({ keys: [es256.jwk, ed25519.jwk, rs256.jwk] });
    expect(keys.map(({ kid, algorithm }) => [kid, algorithm])).toEqual([
      [es256.signing.kid, "ES256"],
      [ed25519.signing.kid, "Ed25519"],
      [rs256.signing.kid, "RS256"],
    ]);
  });

  test("KEY-12: skips keys of unknown type, curve, use or algorithm, unsound and nameless ones, and uses the rest", async () => {
    const { kid: _, ...nameless } = rs256.jwk;
    const others = [
      { kty: "AKP", alg: "ML-DSA-44", pub: "AAAA", kid: "1" },
      { kty: "EC", crv: "P-384", x: "AAAA", y: "AAAA", kid: "2" },
      { kty: "OKP", crv: "X25519", x: "AAAA", kid: "3" },
      { ...rs256.jwk, alg: "PS256", kid: "4" },
      { ...rs256.jwk, use: "enc", kid: "5" },
      { ...rs256.jwk, key_ops: ["encrypt"], kid: "6" },
      { ...rs256.jwk, key_ops: "verify", kid: "6a" },
      { ...es256.jwk, y: es256.jwk.x, kid: "7" },
      { ...rs256.jwk, e: 65_537, kid: "8" },
      { kty: "RSA", n: "!", e: "AQAB", kid: "9" },
      { ...es256.jwk, kty: ["EC"], kid: "10" },
      { ...es256.jwk, crv: ["P-256"], kid: "10a" },
      { kid: "11" },
      {},
      nameless,
      { ...rs256.jwk, kid: "" },
      { ...rs256.jwk, kid: 12 },
    ];
    expect(await kidsOf([...others, es256.jwk])).toEqual([es256.signing.kid]);
  });

  test("KEY-11: refuses a set that names two keys alike", async () => {
    await expect(importJwkSet({ keys: [es256.jwk, { ...rs256.jwk, kid: es256.signing.kid }] })).rejects.toThrow(
      "names two keys alike",
    );
  });

  test("KEY-13: refuses a set that holds a secret or private key", async () => {
    for (const jwk of [hs256.jwk, es256.privateJwk, rs256.privateJwk, { kty: "oct" }]) {
      await expect(importJwkSet({ keys: [ed25519.jwk, jwk] })).rejects.toThrow("secret or private");
    }
  });

  test.each([null, undefined, "", "{}", 1, [], {}, { keys: {} }, { keys: [null] }, { keys: ["x"] }, { keys: [[]] }])(
    "refuses %j, which is no JWK Set",
    async (set) => {
      await expect(importJwkSet(set)).rejects.toThrow(TypeError);
    },
  );
});

describe("createVerificationKeys", () => {
  test("finds a key by its exact name", async () => {
    const keys = await createVerificationKeys({ keys: [es256.jwk] });
    expect(await keys.findKey(es256.signing.kid)).toMatchObject({ algorithm: "ES256" });
    expect(await keys.findKey("another")).toBeUndefined();
  });

  test("RS-03: a set without a usable key is our trouble, not the token's", async () => {
    const keys = await createVerificationKeys({ keys: [] });
    expect(() => keys.findKey("any")).toThrow(expect.objectContaining({ reason: "keys_unavailable" }));
  });
});
