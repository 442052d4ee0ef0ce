// What must hold for all tokens and all inputs, not only for those that somebody thought of.

import * as fc from "fast-check";
import { compactVerify } from "jose/jws/compact/verify";
import { describe, expect, test } from "vitest";
import type { AccessTokenClaims } from "../src/claims.ts";
import { AuthError } from "../src/errors.ts";
import { type AccessTokenGrant, createAccessTokenSigner } from "../src/sign-access-token.ts";
import { buildToken, fixedKeys } from "../src/testing.ts";
import { signingAlgorithms } from "../src/verification-keys.ts";
import { createAccessTokenVerifier } from "../src/verify-access-token.ts";
import { verifyJws } from "../src/verify-jws.ts";
import { audience, createScene, issuer, partsOf, type Scene } from "./scene.ts";

const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((value) => !/\p{Surrogate}/u.test(value));
const scopeToken = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,12}$/);
const grants: fc.Arbitrary<AccessTokenGrant> = fc.record({
  subject: text,
  sessionId: text,
  username: text,
  scope: fc.array(scopeToken, { maxLength: 5 }),
  authTime: fc.nat(2_000_000_000),
  amr: fc.constantFrom(["pwd"] as const, ["fed"] as const),
});

describe.each(signingAlgorithms)("%s", (algorithm) => {
  test("what is signed verifies, with the claims that the signer told", async () => {
    const { key, clock, verifier } = await createScene(algorithm);
    const keys = { signingKey: () => key.signing };
    await fc.assert(
      fc.asyncProperty(grants, fc.integer({ min: 1, max: 900 }), async (grant, ttlSeconds) => {
        const signer = createAccessTokenSigner({ issuer, audience: [audience], keys, clock, ttlSeconds });
        const { accessToken, claims } = await signer.sign(grant);
        expect(await verifier.verify(accessToken)).toEqual(claims);
        expect(claims).toMatchObject({ sub: grant.subject, scope: grant.scope.join(" ") });
      }),
      { numRuns: 60 },
    );
  });

  test("any single changed character does not verify, wherever it is", async () => {
    const scene = await createScene(algorithm);
    const { token, verifier } = scene;
    await verifier.verify(token);
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n";
    let refused = 0;
    for (const [position, character] of [...token].entries()) {
      // The neighbour differs in the lowest bit, where trailing bits hide; the second one is any other.
      const index = alphabet.indexOf(character);
      for (const other of [alphabet.charAt(index ^ 1), alphabet.charAt((index + 7 + position) % alphabet.length)]) {
        if (other === character) continue;
        const changed = token.slice(0, position) + other + token.slice(position + 1);
        await expect(verifier.verify(changed)).rejects.toBeInstanceOf(AuthError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(token.length);
    await verifier.verify(token);
  });

  test("no signature passes that jose would refuse, and both read the same", async () => {
    const { token, key } = await createScene(algorithm);
    const { signing, verification } = key;
    const layer = { algorithms: [algorithm], keys: fixedKeys(verification) };
    const header = { alg: algorithm, kid: verification.kid };
    const signed = fc.uint8Array({ minLength: 1, maxLength: 400 }).map((payload) => ({ payload, signature: signing }));
    const forged = fc.record({
      payload: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      signature: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 70 }),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
      ),
    });
    const built = fc.oneof(signed, forged).map((parts) => buildToken({ header, ...parts }));
    const outcomes = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.oneof(built, edits(token)), async (making) => {
        const jws = await making;
        const ours = await verifyJws(jws, layer).catch(() => undefined);
        const theirs = await compactVerify(jws, verification.key).catch(() => undefined);
        outcomes[ours === undefined ? "refused" : "accepted"] += 1;
        expect([undefined, theirs?.payload]).toContainEqual(ours?.payload);
      }),
      { numRuns: 300 },
    );
    expect(Math.min(outcomes.accepted, outcomes.refused)).toBeGreaterThan(30);
  });

  test("nothing cut, added, doubled or exchanged verifies", async () => {
    const { token, verifier } = await createScene(algorithm);
    await fc.assert(
      fc.asyncProperty(edits(token), async (edited) => {
        fc.pre(edited !== token);
        await expect(verifier.verify(edited)).rejects.toBeInstanceOf(AuthError);
      }),
      { numRuns: 200 },
    );
  });
});

describe("no input makes the verifier throw anything but AuthError (TOK-15)", () => {
  const attempt = async ({ verifier }: Scene, input: unknown) => {
    const outcome = await verifier.verify(input as string).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(AuthError);
    expect(outcome).toMatchObject({ reason: expect.stringMatching(/^token_(malformed|invalid)$/) });
  };

  test("any string", async () => {
    const scene = await createScene();
    const strings = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.base64String(), fc.json());
    await fc.assert(
      fc.asyncProperty(strings, (input) => attempt(scene, input)),
      { numRuns: 1000 },
    );
  });

  test("anything that is not a string", async () => {
    const scene = await createScene();
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSparseArray: true,
      withTypedArray: true,
    });
    await fc.assert(
      fc.asyncProperty(anything, (input) => attempt(scene, input)),
      { numRuns: 1000 },
    );
    const hostile = {
      toString: () => expect.fail("called"),
      split: () => expect.fail("called"),
      get length() {
        return expect.fail("read");
      },
    };
    const odd = [Symbol("x"), () => "x", hostile, Object(scene.token), [scene.token], new Proxy({}, {})];
    for (const input of odd) await attempt(scene, input);
  });

  test("headers and payloads of any JSON, rightly signed or not", async () => {
    const scene = await createScene();
    const { signing } = scene.key;
    const right = { alg: "ES256", kid: signing.kid, typ: "at+jwt" };
    const header = fc.oneof(
      fc.jsonValue(),
      fc
        .dictionary(fc.constantFrom("alg", "kid", "typ", "crit", "b64", "jwk"), fc.jsonValue())
        .map((some) => Object.assign({ ...right }, some)),
      fc.constant(right),
    );
    const claim = fc.constantFrom(...Object.keys(scene.claims), "nbf", "cnf");
    const payload = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(claim, fc.jsonValue(), { minKeys: 1 }).map((some) => Object.assign({ ...scene.claims }, some)),
      fc.uint8Array({ maxLength: 40 }),
    );
    const signature = fc.oneof(fc.constant(signing), fc.uint8Array({ minLength: 1, maxLength: 70 }));
    await fc.assert(
      fc.asyncProperty(header, payload, signature, async (...[h, p, s]) => {
        const token = await buildToken({ header: h, payload: p, signature: s });
        const outcome = await scene.verifier.verify(token).catch((error: unknown) => error);
        // The few that happen to be right differ from the twin in nothing that counts.
        const answer = outcome instanceof AuthError ? outcome.reason : (outcome as AccessTokenClaims).iss;
        expect(["token_malformed", "token_invalid", "token_expired", issuer]).toContain(answer);
      }),
      { numRuns: 1000 },
    );
  });

  test("keys that throw, hang on to the wrong name or are no keys: our fault, never an invalid token", async () => {
    const scene = await createScene();
    const options = { issuer, audience, algorithms: ["ES256"] as const, clock: scene.clock };
    const findKeys = [
      () => {
        throw new Error("database down");
      },
      () => Promise.reject(new AuthError("storage_unavailable", "The database is down.")),
      () => ({ ...scene.key.verification, key: {} }),
      () => ({ ...scene.key.verification, key: scene.key.signing.key }),
      () => ({ ...scene.key.verification, key: null }),
    ];
    for (const findKey of findKeys) {
      const verifier = createAccessTokenVerifier({ ...options, keys: { findKey: findKey as never } });
      await expect(verifier.verify(scene.token)).rejects.toMatchObject({
        name: "AuthError",
        reason: "keys_unavailable",
      });
    }
    const misnamed = { findKey: () => ({ ...scene.key.verification, kid: "another" }) };
    const verifier = createAccessTokenVerifier({ ...options, keys: misnamed });
    await expect(verifier.verify(scene.token)).rejects.toMatchObject({ reason: "token_invalid", claim: "kid" });
  });
});

test("the signature layer and the verifier agree: what the layer refuses, the verifier refuses for the same reason", async () => {
  const { token, verifier, key } = await createScene();
  const layer = { algorithms: ["ES256"] as const, keys: fixedKeys(key.verification) };
  await fc.assert(
    fc.asyncProperty(edits(token), async (edited) => {
      const reasonOf = (error: unknown) => (error instanceof AuthError ? [error.reason, error.claim] : error);
      const fromLayer = await verifyJws(edited, layer).then(() => "accepted", reasonOf);
      if (fromLayer === "accepted") return;
      expect(await verifier.verify(edited).then(() => "accepted", reasonOf)).toEqual(fromLayer);
    }),
    { numRuns: 200 },
  );
});

/** Texts near a token: a piece cut out, put in, doubled or moved, a segment replaced. */
function edits(token: string): fc.Arbitrary<string> {
  const position = fc.nat(token.length);
  const piece = fc.oneof(
    fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 4 }),
    fc.base64String({ maxLength: 8 }),
  );
  const cut = fc
    .tuple(position, position)
    .map(([a, b]) => token.slice(0, Math.min(a, b)) + token.slice(Math.max(a, b)));
  const inserted = fc.tuple(position, piece).map(([at, added]) => token.slice(0, at) + added + token.slice(at));
  const moved = fc.tuple(position, position).map(([a, b]) => token.slice(0, a) + token.slice(b));
  const replaced = fc.tuple(fc.nat(2), piece).map(([index, segment]) => partsOf(token).with(index, segment).join("."));
  const shuffled = fc.shuffledSubarray(partsOf(token), { minLength: 1 }).map((segments) => segments.join("."));
  return fc.oneof(cut, inserted, moved, replaced, shuffled);
}
