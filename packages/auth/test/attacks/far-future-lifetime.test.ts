// CLM-07, CLM-14: a token that lives longer than revocations are remembered could not be revoked.

import { expect, test } from "vitest";
import { fixedKeys } from "../../src/testing.ts";
import { createAccessTokenVerifier } from "../../src/verify-access-token.ts";
import { audience, createScene, expectRefusal, expectTwinAccepted, issuer } from "../scene.ts";

const scene = await createScene();
const { verifier, claims, sign, clock, key } = scene;
const living = (seconds: number) => ({ ...claims, exp: claims.iat + seconds });

test.each([901, 3600, 86_400 * 365, Number.MAX_SAFE_INTEGER - claims.iat])(
  "rejects a lifetime of %i s",
  async (seconds) => {
    await expectRefusal(verifier.verify(await sign(living(seconds))), "token_invalid", "exp");
  },
);

test.each([0, -1, -claims.iat])("rejects a lifetime of %i s, which ends before it begins", async (seconds) => {
  await expectRefusal(verifier.verify(await sign(living(seconds))), "token_invalid", "exp");
});

test("an old iat does not buy a later exp", async () => {
  const token = await sign({ ...claims, iat: claims.iat - 700, auth_time: 0, exp: claims.iat + 300 });
  await expectRefusal(verifier.verify(token), "token_invalid", "exp");
});

test("accepts exactly the maximum, which can be set lower", async () => {
  expect(await verifier.verify(await sign(living(900)))).toEqual(living(900));
  const keys = fixedKeys(key.verification);
  const strict = createAccessTokenVerifier({
    issuer,
    audience,
    algorithms: ["ES256"],
    keys,
    clock,
    maxLifetimeSeconds: 299,
  });
  await expectRefusal(strict.verify(scene.token), "token_invalid", "exp");
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
