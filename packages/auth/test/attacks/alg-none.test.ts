// TOK-06: an unsecured JWT says "nobody signed this" and hopes that nobody minds (RFC 7518 §3.6, RFC 8725 §3.2).

import { expect, test } from "vitest";
import { base64url, createScene, expectRefusal, expectTwinAccepted, partsOf } from "../scene.ts";

const scene = await createScene();
const { verifier, claims, key, sign } = scene;
const [, payload, signature] = partsOf(scene.token);

function unsecured(alg: unknown, end = ""): string {
  const header = { ...(alg === undefined ? {} : { alg }), kid: key.signing.kid, typ: "at+jwt" };
  return `${base64url(JSON.stringify(header))}.${payload}.${end}`;
}

test.each(["none", "None", "NONE", "nOnE", "none ", "", null, 0, ["none"], undefined])(
  "rejects alg %j, with the signature of another token",
  (alg) => expectRefusal(verifier.verify(unsecured(alg, signature)), "token_invalid", "alg"),
);

test("rejects an empty signature, whatever the algorithm is called", async () => {
  for (const alg of ["none", "ES256"]) await expectRefusal(verifier.verify(unsecured(alg)), "token_malformed");
});

test("rejects an alg of none that the issuer itself signed", async () => {
  await expectRefusal(verifier.verify(await sign(claims, { alg: "none" })), "token_invalid", "alg");
});

test("KEY-01: rejects the algorithm's name in another letter case", async () => {
  for (const alg of ["es256", "Es256", " ES256", "ES256\u0000"]) {
    await expectRefusal(verifier.verify(await sign(claims, { alg })), "token_invalid", "alg");
  }
});

test("accepts the untampered twin", async () => {
  expect.hasAssertions();
  await expectTwinAccepted(scene);
});
