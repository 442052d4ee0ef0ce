// TOK-05: an encrypted token is refused by its shape, without any attempt to decrypt or to unpack it (CVE-2023-51774).

import { CompactEncrypt, EncryptJWT } from "jose";
import { test } from "vitest";
import { createScene, expectRefusal, expectTwinAccepted } from "../scene.ts";

const scene = await createScene();
const header = { alg: "dir", enc: "A256GCM", kid: scene.key.signing.kid, typ: "at+jwt" };
const key = crypto.getRandomValues(new Uint8Array(32));

test("rejects claims that are encrypted instead of signed", async () => {
  const token = await new EncryptJWT({ ...scene.claims }).setProtectedHeader(header).encrypt(key);
  await expectRefusal(scene.verifier.verify(token), "token_malformed");
});

test("rejects a rightly signed token inside an encrypted one", async () => {
  const inner = new TextEncoder().encode(scene.token);
  const nested = await new CompactEncrypt(inner).setProtectedHeader({ ...header, cty: "JWT" }).encrypt(key);
  await expectRefusal(scene.verifier.verify(nested), "token_malformed");
});

test("rejects a JWE encrypted to our public key", async () => {
  const toUs = { ...header, alg: "ECDH-ES" };
  const publicKey = { ...scene.key.jwk, alg: "ECDH-ES", use: "enc" };
  const token = await new CompactEncrypt(new TextEncoder().encode(scene.token))
    .setProtectedHeader(toUs)
    .encrypt(publicKey);
  await expectRefusal(scene.verifier.verify(token), "token_malformed");
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
