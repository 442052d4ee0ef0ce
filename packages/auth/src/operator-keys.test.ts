import { generateKeyPairSync } from "node:crypto";
import type { JWK } from "jose";
import { describe, expect, test } from "vitest";
import { importOperatorKeys } from "./operator-keys.ts";
import { throwAwayKey } from "./testing.ts";

const [rsa, ec, ed] = await Promise.all([throwAwayKey("RS256"), throwAwayKey("ES256"), throwAwayKey("Ed25519")]);
const [otherRsa, otherEc, otherEd] = await Promise.all([
  throwAwayKey("RS256"),
  throwAwayKey("ES256"),
  throwAwayKey("Ed25519"),
]);
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey.export({ format: "jwk" }) as JWK;

describe("importOperatorKeys (KEY-05, KEY-11)", () => {
  test("takes RSA, P-256 and Ed25519; the name is the thumbprint unless one is given", async () => {
    const pairs = await importOperatorKeys([
      rsa.privateJwk,
      { ...ec.privateJwk, kid: "mine", alg: "ES256", use: "sig" },
      ed.privateJwk,
    ]);
    expect(pairs.map(({ signing }) => [signing.algorithm, signing.kid])).toEqual([
      ["RS256", rsa.signing.kid],
      ["ES256", "mine"],
      ["Ed25519", ed.signing.kid],
    ]);
  });

  test.each<[string, JWK, RegExp]>([
    ["another curve", p384, /neither RSA/],
    ["a secret key", { kty: "oct", k: "AAAA" }, /neither RSA/],
    ["a public key", ec.jwk, /not a private key/],
    ["another alg", { ...rsa.privateJwk, alg: "PS256" }, /alg is not RS256/],
    ["another use", { ...ec.privateJwk, use: "enc" }, /use is not "sig"/],
    ["other operations", { ...ec.privateJwk, key_ops: ["deriveBits"] }, /key_ops/],
    ["an empty kid", { ...ec.privateJwk, kid: "" }, /kid/],
    ["a point off the curve", { ...ec.privateJwk, x: ec.jwk.y ?? "" }, /./],
    ["halves of two RSA keys", { ...rsa.privateJwk, n: otherRsa.jwk.n ?? "" }, /./],
    ["halves of two EC keys", { ...ec.privateJwk, x: otherEc.jwk.x ?? "", y: otherEc.jwk.y ?? "" }, /./],
    ["halves of two Ed25519 keys", { ...ed.privateJwk, x: otherEd.jwk.x ?? "" }, /./],
    ["no modulus", { kty: "RSA", e: "AQAB", d: "AAAA" }, /./],
  ])("refuses %s, naming the key by its position and telling nothing of it", async (_, jwk, message) => {
    const error = await importOperatorKeys([rsa.privateJwk, jwk]).then(
      () => expect.fail("accepted"),
      (refusal: unknown) => refusal as TypeError,
    );
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^The operator's key number 2 cannot be used\./);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain(jwk.d ?? jwk.k ?? jwk.x);
  });

  test("refuses two keys of one name", async () => {
    const named = [
      { ...rsa.privateJwk, kid: "same" },
      { ...ec.privateJwk, kid: "same" },
    ];
    await expect(importOperatorKeys(named)).rejects.toThrow("Two of the operator's keys have the same kid.");
    await expect(importOperatorKeys([ec.privateJwk, ec.privateJwk])).rejects.toThrow(TypeError);
  });
});
