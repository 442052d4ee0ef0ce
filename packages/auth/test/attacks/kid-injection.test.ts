// KEY-07: `kid` is a stranger's text. As a path, a query, an address or a property name it would be a way in.

import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createKeyRing } from "../../src/key-ring.ts";
import { createMemorySigningKeyStore } from "../../src/testing.ts";
import { createAccessTokenVerifier } from "../../src/verify-access-token.ts";
import { audience, createScene, expectRefusal, expectTwinAccepted, issuer } from "../scene.ts";

const scene = await createScene();
const { claims, sign, clock } = scene;
const secrets = [randomBytes(32).toString("base64")];
const ring = createKeyRing({ algorithm: "ES256", secrets, store: createMemorySigningKeyStore(clock), clock });
await ring.load();
const verifiers = [
  scene.verifier,
  createAccessTokenVerifier({ issuer, audience, algorithms: ["ES256"], keys: ring, clock }),
];

test.each([
  "../../../../dev/null",
  "/proc/self/environ",
  "' OR '1'='1",
  "x'; DROP TABLE signing_keys; --",
  "| sleep 10",
  "$(id)",
  "http://127.0.0.1/jwks.json",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "0",
  "\u0000",
  "\r\nSet-Cookie: a=b",
  "*",
])("rejects kid %j, which selects no key", async (kid) => {
  const token = await sign(claims, { kid });
  for (const verifier of verifiers) await expectRefusal(verifier.verify(token), "token_invalid", "kid");
});

test.each([undefined, null, "", 0, 1, true, ["kid"], { toString: "kid" }, "k".repeat(257)])(
  "rejects kid %j, which is not a name",
  async (kid) => expectRefusal(scene.verifier.verify(await sign(claims, { kid })), "token_invalid", "kid"),
);

test("rejects a list that would print as the right kid", async () => {
  const token = await sign(claims, { kid: [scene.key.signing.kid] });
  await expectRefusal(scene.verifier.verify(token), "token_invalid", "kid");
});

test("no message repeats the kid", async () => {
  const error: Error = await scene.verifier.verify(await sign(claims, { kid: "canary" })).then(
    () => expect.fail("accepted"),
    (refusal: unknown) => refusal as Error,
  );
  expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain("canary");
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
