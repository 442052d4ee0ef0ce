// TOK-10: with `b64: false` the payload is signed as it stands; two readers then see two tokens (RFC 7797 §6, §7).

import { test } from "vitest";
import { signBytes } from "../../src/testing.ts";
import { base64url, createScene, expectRefusal, expectTwinAccepted, partsOf } from "../scene.ts";

const scene = await createScene();
const { alg, kid, typ } = { alg: "ES256", kid: scene.key.signing.kid, typ: "at+jwt" };

test("rejects b64 false, with crit and without", async () => {
  const token = await scene.sign(scene.claims, { b64: false });
  await expectRefusal(scene.verifier.verify(token), "token_invalid", "b64");
  const critical = await scene.sign(scene.claims, { b64: false, crit: ["b64"] });
  await expectRefusal(scene.verifier.verify(critical), "token_invalid", "crit");
});

test("rejects a rightly signed token whose payload was not encoded when it was signed", async () => {
  const header = base64url(JSON.stringify({ alg, kid, typ, b64: false, crit: ["b64"] }));
  const [, payload] = partsOf(scene.token);
  const signature = await signBytes(scene.key.signing, `${header}.${payload}`);
  await expectRefusal(scene.verifier.verify(`${header}.${payload}.${base64url(signature)}`), "token_invalid", "crit");
  const bare = JSON.stringify(scene.claims);
  await expectRefusal(scene.verifier.verify(`${header}.${bare}.${base64url(signature)}`), "token_malformed");
});

test.each([true, null, 0, "false"])("rejects b64 %j: an encoding is not to be talked about", async (b64) => {
  await expectRefusal(scene.verifier.verify(await scene.sign(scene.claims, { b64 })), "token_invalid", "b64");
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
