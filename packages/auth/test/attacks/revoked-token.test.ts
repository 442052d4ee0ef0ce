// REF-13, REF-19: a token of a session that was ended, a token that was revoked by itself, a token of a revoked key. Each is
// refused on the first sight and on every later one, in whatever spelling; the twin, of another session, is accepted.

import { expect, test } from "vitest";
import { AuthError } from "../../src/errors.ts";
import { createRevocationList } from "../../src/revocation-list.ts";
import { fixedKeys, signedToken, throwAwayKey } from "../../src/testing.ts";
import { createAccessTokenVerifier } from "../../src/verify-access-token.ts";
import { createRevocationScene } from "../revocation-scene.ts";
import { audience, createScene, expectRefusal, expectTwinAccepted, issuer, type Scene } from "../scene.ts";

async function createRevocableScene(algorithm: "ES256" | "Ed25519" | "RS256" | "HS256" = "ES256") {
  const scene = await createScene(algorithm);
  const { source, revocations } = createRevocationScene({ clock: scene.clock });
  const newKey = await throwAwayKey(algorithm);
  const keys = fixedKeys(scene.key.verification, newKey.verification);
  const verifiers = ([false, undefined] as const).map((cache) =>
    createAccessTokenVerifier({
      issuer,
      audience,
      algorithms: [algorithm],
      keys,
      clock: scene.clock,
      revocations,
      ...(cache === false ? { cache } : {}),
    }),
  );
  return { scene, source, revocations, newKey, keys, verifiers };
}

const kinds = [
  ["session", ({ claims }: Scene) => claims.sid],
  ["token", ({ claims }: Scene) => claims.jti],
  ["key", ({ key }: Scene) => key.signing.kid],
] as const;

test.each(kinds)("rejects a token whose %s was revoked, whether or not it was seen before", async (kind, idOf) => {
  const { scene, source, revocations, verifiers } = await createRevocableScene();
  for (const verifier of verifiers) await expectTwinAccepted({ ...scene, verifier });
  source.revoke(kind, idOf(scene));
  await revocations.poll();
  for (let round = 0; round < 3; round++) {
    for (const verifier of verifiers) await expectRefusal(verifier.verify(scene.token), "token_revoked");
  }
});

test("a session's end takes all its tokens and nobody else's; a token's end takes that token alone", async () => {
  const { scene, source, revocations, verifiers } = await createRevocableScene();
  const { claims, sign } = scene;
  const sameSession = await sign({ ...claims, jti: "token-2" });
  const otherSession = await sign({ ...claims, sid: "session-2", jti: "token-3" });
  source.revoke("token", "token-2");
  await revocations.poll();
  for (const verifier of verifiers) {
    await expectRefusal(verifier.verify(sameSession), "token_revoked");
    await expectTwinAccepted({ ...scene, verifier });
  }
  source.revoke("session", claims.sid);
  await revocations.poll();
  for (const verifier of verifiers) {
    await expectRefusal(verifier.verify(scene.token), "token_revoked");
    expect(await verifier.verify(otherSession)).toMatchObject({ sid: "session-2", sub: claims.sub });
  }
});

test("a key's end takes what it signed, also of the same session, and nothing that another key signed", async () => {
  const { scene, source, revocations, newKey, verifiers } = await createRevocableScene();
  const byOther = await signedToken(newKey.signing, scene.claims);
  source.revoke("key", scene.key.signing.kid);
  await revocations.poll();
  for (const verifier of verifiers) {
    await expectRefusal(verifier.verify(scene.token), "token_revoked");
    expect(await verifier.verify(byOther)).toEqual(scene.claims);
  }
});

test("another text with the same claims is refused like the one that was seen: revocation goes by claims", async () => {
  const { scene, source, revocations, verifiers } = await createRevocableScene();
  // ES256 signs anew each time, and a header may hold more: three right texts of one token.
  const texts = [scene.token, await scene.sign(scene.claims), await scene.sign(scene.claims, { more: "of it" })];
  expect(new Set(texts).size).toBe(3);
  for (const verifier of verifiers) for (const text of texts.slice(0, 2)) await verifier.verify(text);
  source.revoke("token", scene.claims.jti);
  await revocations.poll();
  for (const verifier of verifiers)
    for (const text of texts) await expectRefusal(verifier.verify(text), "token_revoked");
});

test("naming ids of others in the wrong place neither revokes nor escapes", async () => {
  const { scene, source, revocations, verifiers } = await createRevocableScene();
  const { claims, sign } = scene;
  source.revoke("session", "ended");
  await revocations.poll();
  const asToken = await sign({ ...claims, jti: "ended" });
  const spelled = await Promise.all(
    ["Ended", "ended ", " ended", "e\u0301nded"].map((sid) => sign({ ...claims, sid })),
  );
  const escaping = await sign({ ...claims, sid: "ended", jti: "a new one" });
  for (const verifier of verifiers) {
    expect(await verifier.verify(asToken)).toMatchObject({ jti: "ended" });
    for (const other of spelled) await verifier.verify(other);
    await expectRefusal(verifier.verify(escaping), "token_revoked");
  }
});

test("REF-14: is refused until it expires by itself, under the greatest lifetime and tolerance there can be", async () => {
  const scene = await createScene();
  const { clock, claims, sign, key } = scene;
  const revocations = createRevocationList({ clock });
  // As the issuer writes it: 900 s and 120 s after the moment of the end, which is never before the token was issued.
  revocations.add([{ seq: 1, kind: "session", id: claims.sid, expiresAt: claims.iat + 1020 }]);
  const verifier = createAccessTokenVerifier({
    issuer,
    audience,
    algorithms: ["ES256"],
    keys: fixedKeys(key.verification),
    clock,
    clockToleranceSeconds: 60,
    revocations: {
      check(received, kid) {
        if (revocations.isRevoked(received, kid)) throw new AuthError("token_revoked", "The token was revoked.");
      },
    },
  });
  const token = await sign({ ...claims, exp: claims.iat + 900 });
  for (let second = 0; second < 1_200; second++) {
    revocations.sweep(1);
    const reason = second < 960 ? "token_revoked" : "token_expired";
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason });
    clock.advance(1_000);
  }
});

test("accepts the untampered twin", async () => {
  expect.hasAssertions();
  const { scene, verifiers } = await createRevocableScene();
  for (const verifier of verifiers) await expectTwinAccepted({ ...scene, verifier });
});
