// CLM-03: two issuers may share a key by accident or a set by mistake; the name must still be exactly ours.

import { test } from "vitest";
import { createScene, expectRefusal, expectTwinAccepted, issuer } from "../scene.ts";

const scene = await createScene();
const { verifier, claims, sign } = scene;

test.each([
  "https://other.example",
  `${issuer}/`,
  `${issuer}.evil.example`,
  issuer.toUpperCase(),
  "",
  null,
  [issuer],
  1,
])("rejects a token from issuer %j", async (iss) =>
  expectRefusal(verifier.verify(await sign({ ...claims, iss })), "token_invalid", "iss"),
);

test("rejects a token that names no issuer", async () => {
  const { iss: _, ...rest } = claims;
  await expectRefusal(verifier.verify(await sign(rest)), "token_invalid", "iss");
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
