// KEY-06: a token that brings its own key proves only that its maker owns a key (RFC 8725 §3.10, CVE-2018-0114).

import { expect, test } from "vitest";
import { buildToken, throwAwayKey } from "../../src/testing.ts";
import { createScene, expectRefusal, expectTwinAccepted } from "../scene.ts";

const scene = await createScene();
const attacker = await throwAwayKey("ES256");
const x5c = [Buffer.from("a certificate").toString("base64")];

test.each([
  ["its own kid", attacker.signing.kid, "kid"],
  ["the issuer's kid", scene.key.signing.kid, undefined],
])("rejects a token signed with the key in its own header, under %s", async (_, kid, claim) => {
  const forged = await buildToken({
    header: { alg: "ES256", kid, typ: "at+jwt", jwk: attacker.jwk, x5c, x5t: "AAAA", "x5t#S256": "AAAA" },
    payload: scene.claims,
    signature: attacker.signing,
  });
  await expectRefusal(scene.verifier.verify(forged), "token_invalid", claim);
});

test("TOK-11: ignores such headers when the issuer's own key signed", async () => {
  const token = await scene.sign(scene.claims, { jwk: attacker.jwk, x5c });
  expect(await scene.verifier.verify(token)).toEqual(scene.claims);
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
