// KEY-02: each key has one algorithm. A token may name an accepted algorithm and a known key, and still not the right pair.

import { expect, test } from "vitest";
import type { AuthError } from "../../src/errors.ts";
import { buildToken, fixedKeys, throwAwayKey } from "../../src/testing.ts";
import type { SigningAlgorithm } from "../../src/verification-keys.ts";
import { createAccessTokenVerifier } from "../../src/verify-access-token.ts";
import { audience, createScene, expectRefusal, issuer } from "../scene.ts";

const algorithms = ["ES256", "Ed25519", "RS256", "HS256"] as const satisfies SigningAlgorithm[];
const { clock, claims } = await createScene();
const keys = await Promise.all(algorithms.map((algorithm) => throwAwayKey(algorithm)));
const verifier = createAccessTokenVerifier({
  issuer,
  audience,
  algorithms,
  keys: fixedKeys(...keys.map(({ verification }) => verification)),
  clock,
});

test("rejects every pair of algorithm and kid but the four right ones, whichever key signed", async () => {
  for (const alg of algorithms) {
    for (const named of keys) {
      for (const signed of keys) {
        const header = { alg, kid: named.signing.kid, typ: "at+jwt" };
        const token = await buildToken({ header, payload: claims, signature: signed.signing });
        const outcome = await verifier.verify(token).then(
          () => "accepted",
          ({ reason, claim }: AuthError) => `${reason} ${claim}`,
        );
        const isRightPair = alg === named.signing.algorithm;
        expect(outcome).toBe(
          isRightPair && named === signed ? "accepted" : `token_invalid ${isRightPair ? undefined : "alg"}`,
        );
      }
    }
  }
});

test.each([
  "ES384",
  "ES512",
  "ES256K",
  "RS384",
  "RS512",
  "PS256",
  "HS384",
  "HS512",
  "EdDSA",
  "ML-DSA-44",
  "RS1",
  "HS1",
  "HS256 ",
])("KEY-01: rejects %s, which is on no list of ours", async (alg) => {
  for (const { signing } of keys) {
    const header = { alg, kid: signing.kid, typ: "at+jwt" };
    const token = await buildToken({ header, payload: claims, signature: signing });
    await expectRefusal(verifier.verify(token), "token_invalid", "alg");
  }
});

test("rejects an algorithm that we know and this verifier does not accept; its twin passes where it is accepted", async () => {
  for (const { signing, verification } of keys) {
    const token = await buildToken({
      header: { alg: signing.algorithm, kid: signing.kid, typ: "at+jwt" },
      payload: claims,
      signature: signing,
    });
    const others = algorithms.filter((algorithm) => algorithm !== signing.algorithm);
    const options = { issuer, audience, keys: fixedKeys(verification), clock };
    await expectRefusal(
      createAccessTokenVerifier({ ...options, algorithms: others }).verify(token),
      "token_invalid",
      "alg",
    );
    await createAccessTokenVerifier({ ...options, algorithms: [signing.algorithm] }).verify(token);
  }
});
