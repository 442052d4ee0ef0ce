// Keys change, and nobody notices: replicas that learn of it at different times, services that keep an older key set, operators in a hurry.

import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createKeyRing, type KeyRing, type KeyRingOptions } from "./key-ring.ts";
import { secretId } from "./secrets.ts";
import { createMemorySigningKeyStore, fixedClock, throwAwayKey } from "./testing.ts";

const startMs = Date.UTC(2027, 0, 15, 8);
const newSecret = () => randomBytes(32).toString("base64");
const dayMs = 24 * 60 * 60 * 1000;
/** Publication to first signature, and last signature to the end of the last token, both with their margins. */
const publicationMs = 360_000;
const retentionMs = 1_020_000;

function createTable() {
  const clock = fixedClock(startMs);
  const store = createMemorySigningKeyStore(clock);
  const alarms: string[] = [];
  const ring = (secrets: readonly string[], options: Partial<KeyRingOptions> = {}) =>
    createKeyRing({ algorithm: "ES256", secrets, store, clock, onAlarm: (text) => alarms.push(text), ...options });
  return { clock, store, alarms, ring };
}

const kidsOf = (keys: KeyRing) => keys.jwks().keys.map(({ kid }) => kid);
const phasesOf = (keys: KeyRing) => keys.describe().map(({ phase }) => phase);

describe("rotation (KEY-17)", () => {
  test("by itself: the next key is published, then signs; the last one verifies until its last token has ended, then it goes", async () => {
    const { ring, clock } = createTable();
    const keys = ring([newSecret()], { rotationDays: 30 });
    await keys.load();
    const first = keys.signingKey().kid;
    clock.advance(30 * dayMs - publicationMs - 1);
    await keys.load();
    expect(phasesOf(keys)).toEqual(["signing"]);

    clock.advance(1);
    await keys.load();
    expect(phasesOf(keys)).toEqual(["signing", "published"]);
    expect(keys.signingKey().kid).toBe(first);
    const [next] = kidsOf(keys);
    expect(kidsOf(keys)).toEqual([next, first]);

    clock.advance(publicationMs - 1);
    expect(keys.signingKey().kid).toBe(first);
    clock.advance(1);
    expect(keys.signingKey().kid).toBe(next);
    expect(phasesOf(keys)).toEqual(["verifying", "signing"]);
    clock.advance(retentionMs - 1);
    expect(kidsOf(keys)).toEqual([next, first]);
    clock.advance(1);
    expect(kidsOf(keys)).toEqual([next]);
    expect(phasesOf(keys)).toEqual(["over", "signing"]);
  });

  test("by hand: begins at once and waits the same; asked again meanwhile, it is the same rotation", async () => {
    const { ring, clock, store } = createTable();
    const keys = ring([newSecret()]);
    await keys.load();
    const first = keys.signingKey().kid;
    const next = await keys.rotate();
    expect(next.phase).toBe("published");
    expect((await keys.rotate()).kid).toBe(next.kid);
    expect(store.rows.size).toBe(2);
    clock.advance(publicationMs - 1);
    expect(keys.signingKey().kid).toBe(first);
    clock.advance(1);
    expect(keys.signingKey().kid).toBe(next.kid);
    expect((await keys.rotate()).kid).not.toBe(next.kid);
  });

  test("by eight replicas that find it due at the same moment: one next key", async () => {
    const { ring, clock, store } = createTable();
    const secrets = [newSecret()];
    const replicas = Array.from({ length: 8 }, () => ring(secrets));
    await Promise.all(replicas.map((keys) => keys.load()));
    clock.advance(30 * dayMs);
    await Promise.all(replicas.map((keys) => keys.load()));
    expect(store.rows.size).toBe(2);
    expect(new Set(replicas.map((keys) => kidsOf(keys).join())).size).toBe(1);
  });

  test("after a pause of months: the late key is published first, and the old one signs until then", async () => {
    const { ring, clock } = createTable();
    const secrets = [newSecret()];
    const before = ring(secrets);
    await before.load();
    clock.advance(200 * dayMs);
    const keys = ring(secrets);
    await keys.load();
    expect(phasesOf(keys)).toEqual(["signing", "published"]);
  });

  test("is not for keys that come from the operator, nor for HS256", async () => {
    const { ring } = createTable();
    const { privateJwk } = await throwAwayKey("ES256");
    const fromFile = ring([newSecret()], { operatorKeys: [privateJwk] });
    await fromFile.load();
    await expect(fromFile.rotate()).rejects.toThrow(TypeError);
    const shared = ring([newSecret()], { algorithm: "HS256" });
    await shared.load();
    await expect(shared.rotate()).rejects.toThrow(TypeError);
  });

  test("no valid token is ever refused, by replicas that poll when they like or by services with a key set of five minutes ago (KEY-18, F19)", async () => {
    await fc.assert(
      fc.asyncProperty(
        // Up to a minute apart, in steps of five seconds: that is what the margin of a publication is for.
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 3 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 4 }),
        async (pollEvery, rotateAt) => {
          const { ring, clock } = createTable();
          const secrets = [newSecret()];
          const replicas = pollEvery.map(() => ring(secrets, { rotationDays: 1 }));
          for (const keys of replicas) await keys.load();
          /** What was signed, by the kid alone: the signature itself is not the matter here. */
          const tokens: { kid: string; expiresAt: number }[] = [];
          /** Each refreshes its copy after the five minutes that it may keep it, at its own time. */
          const services = [0, 10, 20].map((offset) => ({ offset, kids: kidsOf(replicas[0] as KeyRing) }));
          const refused: string[] = [];
          clock.advance(dayMs - 150 * 5_000);
          for (let step = 0; step < 400; step += 1) {
            clock.advance(5_000);
            for (const [index, keys] of replicas.entries()) if (step % (pollEvery[index] ?? 1) === 0) await keys.load();
            if (rotateAt.includes(step)) await replicas[step % replicas.length]?.rotate();
            for (const service of services) {
              if ((step + service.offset) % 60 === 0)
                service.kids = kidsOf(replicas[step % replicas.length] as KeyRing);
            }
            for (const keys of replicas) {
              const { kid } = keys.signingKey();
              const last = tokens.findLast((token) => token.kid === kid);
              if (last === undefined) tokens.push({ kid, expiresAt: clock() + 900_000 });
              else last.expiresAt = clock() + 900_000;
            }
            for (const { kid } of tokens.filter(({ expiresAt }) => expiresAt > clock())) {
              for (const keys of replicas) if ((await keys.findKey(kid)) === undefined) refused.push(`${step}: ${kid}`);
              for (const { kids } of services) if (!kids.includes(kid)) refused.push(`${step}, elsewhere: ${kid}`);
            }
          }
          expect(refused).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe("revocation of a key (KEY-19)", () => {
  test("skips the wait: another key signs at once, here and wherever it is heard of", async () => {
    const { ring } = createTable();
    const secrets = [newSecret()];
    const [here, there] = [ring(secrets), ring(secrets)];
    await here.load();
    await there.load();
    const { kid } = here.signingKey();
    expect(await here.revoke({ kid })).toEqual({ kids: [kid], sessions: 0 });
    expect(here.signingKey().kid).not.toBe(kid);
    expect(kidsOf(here)).not.toContain(kid);
    expect(phasesOf(here)).toEqual(["revoked", "signing"]);

    expect(there.signingKey().kid).toBe(kid);
    there.noticeRevoked(["of a session", kid]);
    expect(() => there.signingKey()).toThrow("no key to sign with");
    await there.load();
    expect(there.signingKey().kid).toBe(here.signingKey().kid);
  });

  test("of the key that is about to take over: the one before goes on until another one has been published long enough", async () => {
    const { ring, clock } = createTable();
    const keys = ring([newSecret()]);
    await keys.load();
    const first = keys.signingKey().kid;
    const next = await keys.rotate();
    clock.advance(publicationMs / 2);
    await keys.revoke({ kid: next.kid });
    expect(phasesOf(keys)).toEqual(["signing", "revoked", "published"]);
    clock.advance(publicationMs - 1);
    expect(keys.signingKey().kid).toBe(first);
    clock.advance(1);
    expect(phasesOf(keys)).toEqual(["verifying", "revoked", "signing"]);
  });

  test("of all keys of a leaked secret, but not of the one that new keys are made from", async () => {
    const { ring, clock } = createTable();
    const [leaked, fresh] = [newSecret(), newSecret()];
    const before = ring([leaked]);
    await before.load();
    const old = before.signingKey().kid;
    await expect(before.revoke({ secretId: secretId(leaked) })).rejects.toThrow("Put a new one before it");
    const keys = ring([fresh, leaked]);
    await keys.load();
    clock.advance(publicationMs);
    expect(await keys.revoke({ secretId: secretId(leaked) })).toEqual({ kids: [old], sessions: 0 });
    expect(await keys.findKey(old)).toBeUndefined();
    expect(phasesOf(keys)).toEqual(["revoked", "signing"]);
  });

  test("of a kid that nobody knows is refused, so that a slip of the hand is seen", async () => {
    const { ring } = createTable();
    const keys = ring([newSecret()]);
    await keys.load();
    await expect(keys.revoke({ kid: "no such key" })).rejects.toThrow("There is no key of that kid.");
  });

  test("of an operator's key: the next one of the file signs", async () => {
    const { ring } = createTable();
    const [first, second] = [await throwAwayKey("ES256"), await throwAwayKey("ES256")];
    const keys = ring([newSecret()], { operatorKeys: [first.privateJwk, second.privateJwk] });
    await keys.load();
    const { kid } = keys.signingKey();
    await keys.revoke({ kid });
    expect(keys.signingKey().kid).not.toBe(kid);
    expect(kidsOf(keys)).not.toContain(kid);
  });
});

describe("keys of the operator, replaced while the server runs (F22)", () => {
  test("sign and verify from then on; those that are gone are unknown", async () => {
    const { ring } = createTable();
    const [first, second] = [await throwAwayKey("ES256"), await throwAwayKey("ES256")];
    const keys = ring([newSecret()], { operatorKeys: [first.privateJwk] });
    await keys.load();
    const { kid } = keys.signingKey();
    await keys.replaceOperatorKeys([second.privateJwk, first.privateJwk]);
    expect(keys.signingKey().kid).not.toBe(kid);
    expect(await keys.findKey(kid)).toMatchObject({ kid });
    await keys.replaceOperatorKeys([second.privateJwk]);
    expect(await keys.findKey(kid)).toBeUndefined();
  });

  test.each([
    ["no keys", []],
    ["a public key", [{ kty: "EC", crv: "P-256", x: "x", y: "y" }]],
    ["a key of another algorithm", [{ kty: "OKP", crv: "Ed25519", d: "d", x: "x" }]],
  ])("that cannot be used (%s) change nothing", async (_name, wrong) => {
    const { ring } = createTable();
    const { privateJwk } = await throwAwayKey("ES256");
    const keys = ring([newSecret()], { operatorKeys: [privateJwk] });
    await keys.load();
    const { kid } = keys.signingKey();
    await expect(keys.replaceOperatorKeys(wrong)).rejects.toThrow(TypeError);
    expect(keys.signingKey().kid).toBe(kid);
  });
});
