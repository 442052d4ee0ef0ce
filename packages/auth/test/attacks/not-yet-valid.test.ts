// CLM-06, CLM-07: a token from the future was made by a wrong clock or for a later misuse.

import { expect, test } from "vitest";
import { fixedKeys } from "../../src/testing.ts";
import { createAccessTokenVerifier } from "../../src/verify-access-token.ts";
import { audience, createScene, expectRefusal, expectTwinAccepted, issuer } from "../scene.ts";

const scene = await createScene();
const { verifier, claims, sign, clock, key } = scene;
const keys = fixedKeys(key.verification);
const tolerant = createAccessTokenVerifier({
  issuer,
  audience,
  algorithms: ["ES256"],
  keys,
  clock,
  clockToleranceSeconds: 30,
});

test("rejects nbf after now plus tolerance", async () => {
  const soon = await sign({ ...claims, nbf: claims.iat + 1 });
  await expectRefusal(verifier.verify(soon), "token_invalid", "nbf");
  expect(await tolerant.verify(soon)).toEqual(claims);
  await expectRefusal(tolerant.verify(await sign({ ...claims, nbf: claims.iat + 31 })), "token_invalid", "nbf");
  expect(await verifier.verify(await sign({ ...claims, nbf: claims.iat }))).toEqual(claims);
});

test("rejects iat after now plus tolerance", async () => {
  const later = (seconds: number) => ({ ...claims, iat: claims.iat + seconds });
  await expectRefusal(verifier.verify(await sign(later(1))), "token_invalid", "iat");
  expect(await tolerant.verify(await sign(later(30)))).toEqual(later(30));
  await expectRefusal(tolerant.verify(await sign(later(31))), "token_invalid", "iat");
});

test("rejects auth_time after iat: nobody is issued a token before signing in", async () => {
  const token = await sign({ ...claims, auth_time: claims.iat + 1 });
  await expectRefusal(verifier.verify(token), "token_invalid", "auth_time");
});

test("a clock that steps back refuses what it accepted before, also from the cache", async () => {
  const again = await createScene();
  await expectTwinAccepted(again);
  again.clock.advance(-10_000);
  await expectRefusal(again.verifier.verify(again.token), "token_invalid", "iat");
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
