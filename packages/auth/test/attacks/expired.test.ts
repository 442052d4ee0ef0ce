// CLM-05: refused from the second `exp` names, plus the tolerance; and only then, and only if all else was right.

import { expect, test } from "vitest";
import { fixedKeys } from "../../src/testing.ts";
import { createAccessTokenVerifier } from "../../src/verify-access-token.ts";
import { audience, createScene, expectRefusal, expectTwinAccepted, issuer } from "../scene.ts";

test.each([0, 30, 60])(
  "with a tolerance of %i s: accepted until the last millisecond before, refused from then on",
  async (tolerance) => {
    const scene = await createScene();
    for (const cache of [false, undefined] as const) {
      const verifier = createAccessTokenVerifier({
        issuer,
        audience,
        algorithms: ["ES256"],
        keys: fixedKeys(scene.key.verification),
        clock: scene.clock,
        clockToleranceSeconds: tolerance,
        ...(cache === false ? { cache } : {}),
      });
      const end = (scene.claims.exp + tolerance) * 1000;
      scene.clock.set(end - 1);
      await expectTwinAccepted({ ...scene, verifier });
      scene.clock.set(end);
      await expectRefusal(verifier.verify(scene.token), "token_expired", "exp");
      scene.clock.advance(1_000_000);
      await expectRefusal(verifier.verify(scene.token), "token_expired", "exp");
    }
  },
);

test("TOK-14: what is wrong in another way is not called expired", async () => {
  const { clock, sign, claims, verifier } = await createScene();
  clock.advance(3_600_000);
  await expectRefusal(verifier.verify(await sign(claims)), "token_expired", "exp");
  await expectRefusal(verifier.verify(await sign({ ...claims, aud: "https://other.example" })), "token_invalid", "aud");
  await expectRefusal(verifier.verify(await sign({ ...claims, sub: 1 })), "token_invalid", "sub");
  await expectRefusal(verifier.verify(`${(await sign(claims)).slice(0, -4)}AAAA`), "token_invalid");
});

test("a clock that does not tell the time accepts nothing", async () => {
  const { key, token } = await createScene();
  for (const now of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const verifier = createAccessTokenVerifier({
      issuer,
      audience,
      algorithms: ["ES256"],
      keys: fixedKeys(key.verification),
      clock: () => now,
    });
    await expectRefusal(verifier.verify(token), "internal_error");
  }
});

test("accepts the untampered twin", async () => {
  expect.hasAssertions();
  await expectTwinAccepted(await createScene());
});
