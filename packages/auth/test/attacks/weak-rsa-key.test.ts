// KEY-05: a weak key is somebody else's key, sooner or later. It is refused when it is imported and when it is used.

import { generateKeyPairSync } from "node:crypto";
import type { JWK } from "jose";
import { expect, test } from "vitest";
import { importJwkSet } from "../../src/jwks.ts";
import { importOperatorKeys } from "../../src/operator-keys.ts";
import { importPublicJwk } from "../../src/public-jwk.ts";
import { fixedKeys, signedToken, throwAwayKey } from "../../src/testing.ts";
import { createAccessTokenVerifier } from "../../src/verify-access-token.ts";
import { audience, createScene, expectRefusal, expectTwinAccepted, issuer } from "../scene.ts";

const scene = await createScene("RS256");

function rsa(modulusLength: number, publicExponent = 65_537): { publicJwk: JWK; privateJwk: JWK } {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength, publicExponent });
  return {
    publicJwk: publicKey.export({ format: "jwk" }) as JWK,
    privateJwk: privateKey.export({ format: "jwk" }) as JWK,
  };
}

test.each([
  ["1024 bits", 1024, 65_537],
  ["2047 bits", 2047, 65_537],
  ["exponent 3", 2048, 3],
])("refuses an RSA key with %s at import, public or private", async (_, modulusLength, exponent) => {
  const { publicJwk, privateJwk } = rsa(modulusLength, exponent);
  await expect(importPublicJwk(publicJwk, "weak")).rejects.toThrow(TypeError);
  await expect(importOperatorKeys([privateJwk])).rejects.toThrow(TypeError);
  expect(await importJwkSet({ keys: [{ ...publicJwk, kid: "weak" }] })).toEqual([]);
});

test.each([
  ["1024 bits", 1024, [1, 0, 1]],
  ["exponent 3", 2048, [3]],
])("refuses to verify with an RSA key of %s, however it got there", async (_, modulusLength, exponent) => {
  const pair = await crypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength, publicExponent: Uint8Array.from(exponent) },
    false,
    ["sign", "verify"],
  );
  const token = await signedToken({ kid: "weak", algorithm: "RS256", key: pair.privateKey }, scene.claims);
  const keys = fixedKeys({ kid: "weak", algorithm: "RS256", key: pair.publicKey });
  const verifier = createAccessTokenVerifier({ issuer, audience, algorithms: ["RS256"], keys, clock: scene.clock });
  await expectRefusal(verifier.verify(token), "keys_unavailable");
});

test("refuses a modulus with exponent 1, which makes every message its own signature", async () => {
  await expect(importPublicJwk({ ...scene.key.jwk, e: "AQ" }, "one")).rejects.toThrow(TypeError);
});

test("refuses an EC point that is not on the curve", async () => {
  const { jwk } = await throwAwayKey("ES256");
  const moved = Buffer.from(jwk.y ?? "", "base64url");
  moved[31] = (moved[31] ?? 0) ^ 1;
  await expect(importPublicJwk({ ...jwk, y: moved.toString("base64url") }, "moved")).rejects.toThrow(TypeError);
  await expect(importPublicJwk(jwk, "right")).resolves.toMatchObject({ algorithm: "ES256" });
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
