// (r, s) and (r, n − s) are both right signatures. Taking one of the two keeps it at one text per token: RFC 7518 allows
// both, so the signature layer does too, and the access-token verifier is stricter.

import { expect, test } from "vitest";
import { hasLowS, p256Order, toBigInt, toBytes } from "../../src/ecdsa-signature.ts";
import { createAccessTokenSigner } from "../../src/sign-access-token.ts";
import { fixedKeys } from "../../src/testing.ts";
import { verifyJws } from "../../src/verify-jws.ts";
import {
  audience,
  base64url,
  createScene,
  expectRefusal,
  expectTwinAccepted,
  fromBase64url,
  issuer,
  partsOf,
} from "../scene.ts";

const scene = await createScene();

function malleated(token: string): string {
  const [header, payload, segment] = partsOf(token);
  const signature = fromBase64url(segment);
  signature.set(toBytes(p256Order - toBigInt(signature.subarray(32)), 32), 32);
  return `${header}.${payload}.${base64url(signature)}`;
}

test("rejects the other spelling of an ES256 signature, which proves the same", async () => {
  const other = malleated(scene.token);
  const jws = await verifyJws(other, { algorithms: ["ES256"], keys: fixedKeys(scene.key.verification) });
  expect(jws.key.kid).toBe(scene.key.signing.kid);
  await expectRefusal(scene.verifier.verify(other), "token_invalid");
});

test("our own signer writes the spelling that is accepted, every time", async () => {
  const keys = { signingKey: () => scene.key.signing };
  const signer = createAccessTokenSigner({ issuer, audience: [audience], keys, clock: scene.clock, ttlSeconds: 300 });
  const grant = { subject: "u", sessionId: "s", username: "ada", scope: [], authTime: 0, amr: ["pwd"] as const };
  for (let round = 0; round < 50; round++) {
    const { accessToken } = await signer.sign(grant);
    expect(hasLowS(fromBase64url(partsOf(accessToken)[2]))).toBe(true);
    await scene.verifier.verify(accessToken);
    await expectRefusal(scene.verifier.verify(malleated(accessToken)), "token_invalid");
  }
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
