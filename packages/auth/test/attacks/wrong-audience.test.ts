// CLM-04: a token for one service must not open another; and an audience that is absent means no.

import { expect, test } from "vitest";
import { fixedKeys } from "../../src/testing.ts";
import { createAccessTokenVerifier } from "../../src/verify-access-token.ts";
import { audience, createScene, expectRefusal, expectTwinAccepted, issuer } from "../scene.ts";

const scene = await createScene();
const { verifier, claims, sign, clock, key } = scene;

test.each([
  "https://other.example",
  `${audience}/`,
  audience.toUpperCase(),
  audience.slice(0, -1),
  ` ${audience}`,
  `${audience},https://other.example`,
  ["https://other.example", `${audience}.evil.example`],
])("rejects a token meant for %j", async (aud) => {
  await expectRefusal(verifier.verify(await sign({ ...claims, aud })), "token_invalid", "aud");
});

test("rejects a token that names no audience", async () => {
  const { aud: _, ...rest } = claims;
  await expectRefusal(verifier.verify(await sign(rest)), "token_invalid", "aud");
  for (const aud of [null, "", [], [""], [audience, 1], { 0: audience }]) {
    await expectRefusal(verifier.verify(await sign({ ...rest, aud })), "token_invalid", "aud");
  }
});

test("accepts a token for several audiences when one of them is one of ours", async () => {
  const ours = ["https://first.example", audience];
  const keys = fixedKeys(key.verification);
  const both = createAccessTokenVerifier({ issuer, audience: ours, algorithms: ["ES256"], keys, clock });
  const aud = ["https://other.example", audience];
  expect(await both.verify(await sign({ ...claims, aud }))).toEqual({ ...claims, aud });
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
