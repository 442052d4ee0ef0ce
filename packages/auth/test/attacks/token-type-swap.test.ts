// CLM-01, CLM-09: one kind of token must never pass for another, although the same key may have signed both.

import { expect, test } from "vitest";
import { createScene, expectRefusal, expectTwinAccepted } from "../scene.ts";

const scene = await createScene();
const { verifier, claims, sign } = scene;

test.each([
  "JWT", // an ID token, as most issuers type it
  "rt+jwt",
  "dpop+jwt",
  "logout+jwt",
  "statuslist+jwt",
  "token-introspection+jwt",
  "secevent+jwt",
  "at+jwt ",
  "at+jwt;v=1",
  "application/application/at+jwt",
  "text/at+jwt",
  "at",
  "",
  null,
  ["at+jwt"],
  { typ: "at+jwt" },
])("rejects a token of type %j", async (typ) => {
  await expectRefusal(verifier.verify(await sign(claims, { typ })), "token_invalid", "typ");
});

test("rejects a token without a type", async () => {
  await expectRefusal(verifier.verify(await sign(claims, { typ: undefined })), "token_invalid", "typ");
});

test("accepts the long form and any letter case: a media type has neither one spelling nor one case", async () => {
  for (const typ of ["application/at+jwt", "AT+JWT", "Application/At+Jwt"]) {
    expect(await verifier.verify(await sign(claims, { typ }))).toEqual(claims);
  }
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
