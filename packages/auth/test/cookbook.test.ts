// The JOSE cookbook (RFC 7520, RFC 8037, RFC 7797): what others publish as right, put to the signature layer.

import type { JWK } from "jose";
import { compactVerify } from "jose/jws/compact/verify";
import { describe, expect, test } from "vitest";
import { systemClock } from "../src/clock.ts";
import { importJwkSet } from "../src/jwks.ts";
import { importPublicJwk } from "../src/public-jwk.ts";
import { importKeyPair } from "../src/signing-keys.ts";
import { buildToken, fixedKeys } from "../src/testing.ts";
import { signingAlgorithms, type VerificationKey, type VerificationKeys } from "../src/verification-keys.ts";
import { createAccessTokenVerifier } from "../src/verify-access-token.ts";
import { verifyJws } from "../src/verify-jws.ts";
import { expectRefusal } from "./scene.ts";
import { cookbookFolder, filesOf, isThere, readJson, say } from "./vectors.ts";

interface Example {
  input: { payload: string; key: JWK; alg: string };
  output: { compact?: string; json?: unknown; json_flat?: unknown };
}

const source = "github.com/ietf-jose/cookbook at commit 13692b68bfc18b99557a5b1ed311fd5077bfff04";
const algorithms = signingAlgorithms;

describe.skipIf(!isThere(cookbookFolder, source))("JOSE cookbook", () => {
  const example = (file: string) => readJson(`${cookbookFolder}/${file}.json`) as Example;
  const compactOf = (file: string) => example(file).output.compact ?? expect.fail(`${file} has no compact form`);

  test("RFC 7520 §4.1: an RS256 signature is accepted", async () => {
    const { input } = example("jws_4_1.rsa_v15_signature");
    const keys = fixedKeys(await importPublicJwk(publicRsa(input.key), input.key.kid ?? ""));
    const { payload } = await verifyJws(compactOf("jws_4_1.rsa_v15_signature"), { algorithms, keys });
    expect(new TextDecoder().decode(payload)).toBe(input.payload);
  });

  test("RFC 7520 §4.4: an HS256 MAC is accepted", async () => {
    const { input } = example("jws_4_4.hmac-sha2_integrity_protection");
    const keys = fixedKeys(await importSecret(input.key));
    const { payload } = await verifyJws(compactOf("jws_4_4.hmac-sha2_integrity_protection"), { algorithms, keys });
    expect(new TextDecoder().decode(payload)).toBe(input.payload);
  });

  test("RFC 8037 A.4: the Ed25519 signature is right; its old name EdDSA is refused, and under the new one it is accepted", async () => {
    const { input } = example("curve25519_jws");
    const token = compactOf("curve25519_jws");
    const { signing, verification } = await importKeyPair(input.key, "Ed25519", "ed25519");
    const { payload } = await compactVerify(token, verification.key, { algorithms: ["EdDSA"] });
    expect(new TextDecoder().decode(payload)).toBe(input.payload);

    const keys: VerificationKeys = { findKey: () => verification };
    await expectRefusal(verifyJws(token, { algorithms, keys }), "token_invalid", "kid");
    const header = { alg: "EdDSA", kid: "ed25519" };
    const oldName = await buildToken({ header, payload: input.payload, signature: signing });
    await expectRefusal(verifyJws(oldName, { algorithms, keys }), "token_invalid", "alg");
    const newName = await buildToken({
      header: { ...header, alg: "Ed25519" },
      payload: input.payload,
      signature: signing,
    });
    await verifyJws(newName, { algorithms, keys });
  });

  test.each(["jws_4_2.rsa-pss_signature", "jws_4_3.ecdsa_signature"])(
    "%s is right, and of an algorithm that is not ours",
    async (file) => {
      const { input } = example(file);
      const { d: _, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...publicKey } = input.key;
      await compactVerify(compactOf(file), { ...publicKey, alg: input.alg } as JWK);
      const keys: VerificationKeys = { findKey: () => undefined };
      await expectRefusal(verifyJws(compactOf(file), { algorithms, keys }), "token_invalid", "alg");
      expect(await importJwkSet({ keys: [{ ...publicKey, alg: input.alg }] })).toEqual([]);
    },
  );

  const otherSerializations = [
    "jws_4_5.signature_with_detached_content",
    "jws_4_6.protecting_specific_header_fields",
    "jws_4_7.protecting_content_only",
    "jws_4_8.multiple_signatures",
    "rfc7797_4.2.hmac-sha2_b64_false",
    "rfc7797_hmac-sha2_b64_false",
  ];
  test.each(otherSerializations)("%s is refused where a JWT is expected", async (file) => {
    const { output } = example(file);
    const verifier = createAccessTokenVerifier({
      issuer: "https://issuer.example",
      audience: "https://api.example",
      algorithms,
      keys: { findKey: () => expect.fail("no key is asked for") },
      clock: systemClock,
    });
    const forms = [output.compact, output.json, output.json_flat].filter((form) => form !== undefined);
    expect(forms.length).toBeGreaterThan(0);
    for (const form of forms) {
      const text = typeof form === "string" ? form : JSON.stringify(form);
      await expect(verifier.verify(text)).rejects.toMatchObject({
        name: "AuthError",
        reason: expect.stringMatching(/^token_(malformed|invalid)$/),
      });
    }
  });

  test("no file was left out", () => {
    const files = filesOf(cookbookFolder);
    expect(files).toHaveLength(5 + otherSerializations.length);
    say(
      `JOSE cookbook: ${files.length} of ${files.length} examples ran; 3 right ones accepted, 2 refused as not ours, 6 refused as not compact.`,
    );
  });
});

function publicRsa({ kty, n, e }: JWK): JWK {
  return { kty, n, e } as JWK;
}

async function importSecret({ k = "", kid = "" }: JWK): Promise<VerificationKey> {
  const bytes = new Uint8Array(Buffer.from(k, "base64url"));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return { kid, algorithm: "HS256", key };
}
