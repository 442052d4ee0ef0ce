// The plainest forgery: everything is right, but somebody else signed. Also a payload or header of another right token.

import { expect, test } from "vitest";
import { buildToken, throwAwayKey } from "../../src/testing.ts";
import { createScene, expectRefusal, expectTwinAccepted, partsOf } from "../scene.ts";

test.each(["ES256", "Ed25519", "RS256", "HS256"] as const)(
  "rejects an %s token of another key under our kid",
  async (algorithm) => {
    const scene = await createScene(algorithm);
    const stranger = await throwAwayKey(algorithm);
    const header = { alg: algorithm, kid: scene.key.signing.kid, typ: "at+jwt" };
    const forged = await buildToken({ header, payload: scene.claims, signature: stranger.signing });
    await expectRefusal(scene.verifier.verify(forged), "token_invalid");
    const named = await buildToken({
      header: { ...header, kid: stranger.signing.kid },
      payload: scene.claims,
      signature: stranger.signing,
    });
    await expectRefusal(scene.verifier.verify(named), "token_invalid", "kid");
    await expectTwinAccepted(scene);
  },
);

test("TOK-14: rejects parts of two right tokens put together, whether or not they were seen before", async () => {
  const scene = await createScene();
  const other = await scene.sign({ ...scene.claims, sub: "user-2" }, { extra: 1 });
  const [one, two] = [partsOf(scene.token), partsOf(other)];
  for (let round = 0; round < 2; round++) {
    for (let choice = 1; choice < 7; choice++) {
      const mixed = one.map((part, index) => ((choice >> index) & 1 ? two[index] : part)).join(".");
      await expectRefusal(scene.verifier.verify(mixed), "token_invalid");
    }
    await expectTwinAccepted(scene);
    expect(await scene.verifier.verify(other)).toMatchObject({ sub: "user-2" });
  }
});
