// KEY-03: everybody knows the public key. If the header could choose the algorithm, everybody could use that key as an
// HMAC secret and sign (RFC 8725 §2.1, CVE-2026-34950).

import { createPublicKey } from "node:crypto";
import type { JWK } from "jose";
import { describe, expect, test } from "vitest";
import { buildToken, fixedKeys } from "../../src/testing.ts";
import type { SigningAlgorithm } from "../../src/verification-keys.ts";
import { createAccessTokenVerifier } from "../../src/verify-access-token.ts";
import { audience, createScene, expectRefusal, expectTwinAccepted, issuer } from "../scene.ts";

const algorithms = ["ES256", "Ed25519", "RS256"] as const satisfies SigningAlgorithm[];

describe.each(algorithms)("an %s key as HMAC secret", (algorithm) => {
  test("rejects HS256 made with the public key in any of its texts, even where HS256 is accepted too", async () => {
    const scene = await createScene(algorithm);
    const { kid } = scene.key.signing;
    const verifier = createAccessTokenVerifier({
      issuer,
      audience,
      algorithms: [algorithm, "HS256"],
      keys: fixedKeys(scene.key.verification),
      clock: scene.clock,
    });
    for (const secret of textsOf(scene.key.jwk)) {
      const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
      const forged = await buildToken({
        header: { alg: "HS256", kid, typ: "at+jwt" },
        payload: scene.claims,
        signature: { kid, algorithm: "HS256", key },
      });
      await expectRefusal(verifier.verify(forged), "token_invalid", "alg");
      await expectRefusal(scene.verifier.verify(forged), "token_invalid", "alg");
    }
    await expectTwinAccepted({ ...scene, verifier });
  });
});

/** The public key as somebody might feed it to an HMAC: PEM, DER and JWK, with white space in every habit. */
function textsOf(jwk: JWK): Uint8Array<ArrayBuffer>[] {
  const key = createPublicKey({ key: { ...jwk }, format: "jwk" });
  const pem = key.export({ type: "spki", format: "pem" }).toString();
  const der = key.export({ type: "spki", format: "der" });
  const body = pem.replace(/-----[A-Z ]+-----/g, "");
  const texts = [
    pem,
    pem.trim(),
    `${pem}\n`,
    pem.replaceAll("\n", "\r\n"),
    pem.replaceAll("\n", ""),
    body,
    body.replaceAll("\n", ""),
    JSON.stringify(jwk),
    JSON.stringify(jwk, null, 2),
    JSON.stringify({ keys: [jwk] }),
    JSON.stringify(key.export({ format: "jwk" })),
    der.toString("base64url"),
    der.toString("hex"),
  ].map((text) => new TextEncoder().encode(text));
  expect(new Set(texts.map(String)).size).toBe(texts.length);
  return [...texts, new Uint8Array(der)];
}
