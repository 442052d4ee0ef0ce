// KEY-04: jose takes an HMAC secret of one byte, which anybody guesses (RFC 7518 §3.2). That we hold such a key is our
// fault, so it is not reported as an invalid token.

import { randomBytes } from "node:crypto";
import { expect, test, vi } from "vitest";
import { createKeyRing } from "../../src/key-ring.ts";
import { createMemorySigningKeyStore, fixedKeys, signedToken } from "../../src/testing.ts";
import { createAccessTokenVerifier } from "../../src/verify-access-token.ts";
import { audience, createScene, expectRefusal, expectTwinAccepted, issuer } from "../scene.ts";

const scene = await createScene("HS256");
const { clock, claims } = scene;

test.each([1, 8, 16, 31])("refuses to verify with a secret of %i bytes", async (length) => {
  const key = await crypto.subtle.importKey(
    "raw",
    new Uint8Array(length).fill(7),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign", "verify"],
  );
  const short = { kid: "short", algorithm: "HS256", key } as const;
  const verifier = createAccessTokenVerifier({
    issuer,
    audience,
    algorithms: ["HS256"],
    keys: fixedKeys(short),
    clock,
  });
  await expectRefusal(verifier.verify(await signedToken(short, claims)), "keys_unavailable");
});

test("a key ring does not start with one either", () => {
  const store = createMemorySigningKeyStore(clock);
  const secrets = [randomBytes(32).toString("base64")];
  for (const hs256Secret of ["", "short", randomBytes(23).toString("base64").slice(0, 31)]) {
    expect(() => createKeyRing({ algorithm: "HS256", secrets, store, clock, hs256Secret })).toThrow(TypeError);
  }
});

test("rejects a MAC that was cut to its first half", async () => {
  const [header, payload, signature = ""] = scene.token.split(".");
  const half = Buffer.from(signature, "base64url").subarray(0, 16).toString("base64url");
  await expectRefusal(scene.verifier.verify(`${header}.${payload}.${half}`), "token_invalid");
});

test("KEY-16: MACs are compared by WebCrypto, in constant time, and nowhere else", async () => {
  const verify = vi.spyOn(crypto.subtle, "verify");
  const fresh = await createScene("HS256");
  await expectTwinAccepted(fresh);
  expect(verify).toHaveBeenCalledTimes(1);
  verify.mockResolvedValueOnce(false);
  await expectRefusal(fresh.verifier.verify(await fresh.sign({ ...fresh.claims, jti: "other" })), "token_invalid");
  verify.mockRestore();
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
