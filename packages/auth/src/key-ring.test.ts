import { randomBytes } from "node:crypto";
import { calculateJwkThumbprint } from "jose/jwk/thumbprint";
import { describe, expect, test } from "vitest";
import { createKeyRing, type KeyRing } from "./key-ring.ts";
import { secretId } from "./secrets.ts";
import { createAccessTokenSigner } from "./sign-access-token.ts";
import { createMemorySigningKeyStore, fixedClock, type MemorySigningKeyStore, throwAwayKey } from "./testing.ts";
import type { SigningAlgorithm } from "./verification-keys.ts";
import { createAccessTokenVerifier } from "./verify-access-token.ts";

const startMs = Date.UTC(2027, 0, 15, 8);
const newSecret = () => randomBytes(32).toString("base64");
const derived = ["ES256", "Ed25519"] as const;

/** One table, one clock, and as many rings over them as a test needs. */
function createTable() {
  const clock = fixedClock(startMs);
  const store = createMemorySigningKeyStore(clock);
  const alarms: string[] = [];
  const onAlarm = (message: string) => alarms.push(message);
  const ring = (secrets: readonly string[], algorithm: SigningAlgorithm = "ES256", over = store) =>
    createKeyRing({ algorithm, secrets, store: over, clock, onAlarm });
  return { clock, store, alarms, ring };
}

async function issue(keys: KeyRing, clock: () => number): Promise<string> {
  const signer = createAccessTokenSigner({ issuer: "i", audience: ["a"], keys, clock, ttlSeconds: 900 });
  const grant = { subject: "u", sessionId: "s", username: "ada", scope: [], authTime: 0, amr: ["pwd"] as const };
  return (await signer.sign(grant)).accessToken;
}

function verifierOf(keys: KeyRing, clock: () => number) {
  const algorithms = ["ES256", "Ed25519", "RS256", "HS256"] as const;
  return createAccessTokenVerifier({ issuer: "i", audience: "a", algorithms, keys, clock });
}

const rowOf = (store: MemorySigningKeyStore, number: number) =>
  store.rows.get(number) ?? expect.fail(`no row ${number}`);
const delayed = (store: MemorySigningKeyStore): MemorySigningKeyStore => ({
  ...store,
  async listKeys() {
    await settle();
    const answer = await store.listKeys();
    await settle();
    return answer;
  },
  async insertKey(key) {
    await settle();
    await store.insertKey(key);
    await settle();
  },
});
/** A few turns of the event loop, as many as chance says: the order of two processes is nobody's to choose. */
async function settle(): Promise<void> {
  for (let turns = (randomBytes(1)[0] ?? 0) % 4; turns > 0; turns--) await new Promise(setImmediate);
}

describe("first start", () => {
  test.each(derived)("makes one %s key, which signs at once and whose name is its thumbprint", async (algorithm) => {
    const { ring, store } = createTable();
    const keys = ring([newSecret()], algorithm);
    expect(() => keys.signingKey()).toThrow(expect.objectContaining({ reason: "keys_unavailable" }));
    expect(() => keys.findKey("any")).toThrow(expect.objectContaining({ reason: "keys_unavailable" }));
    expect(keys.loaded).toBe(false);
    await keys.load();
    expect(keys.loaded).toBe(true);
    expect(store.rows.size).toBe(1);
    expect(keys.signingKey()).toMatchObject({
      algorithm,
      kid: await calculateJwkThumbprint(rowOf(store, 1).publicJwk),
    });
    await keys.load();
    expect(store.rows.size).toBe(1);
  });

  test("two processes that start at once over an empty table agree on one key, 100 times", async () => {
    for (let round = 0; round < 100; round++) {
      const { ring, store, clock } = createTable();
      const secret = newSecret();
      const [one, two] = [ring([secret], "ES256", delayed(store)), ring([secret], "ES256", delayed(store))];
      await Promise.all([one.load(), two.load()]);
      expect(store.rows.size).toBe(1);
      expect(one.signingKey().kid).toBe(two.signingKey().kid);
      await verifierOf(two, clock).verify(await issue(one, clock));
    }
  });

  test("two processes with different secrets each get a key of their own, and accept each other's tokens", async () => {
    for (let round = 0; round < 30; round++) {
      const { ring, store, clock } = createTable();
      const [one, two] = [ring([newSecret()], "ES256", delayed(store)), ring([newSecret()], "ES256", delayed(store))];
      await Promise.all([one.load(), two.load()]);
      expect(store.rows.size).toBe(2);
      await verifierOf(two, clock)
        .verify(await issue(one, clock))
        .catch(async () => {
          await two.load();
          await verifierOf(two, clock).verify(await issue(one, clock));
        });
      await one.load();
      await verifierOf(one, clock).verify(await issue(two, clock));
    }
  });

  test("the same secret and table give the same key in another process", async () => {
    const { ring, clock } = createTable();
    const secret = newSecret();
    const [before, after] = [ring([secret]), ring([secret])];
    await before.load();
    const token = await issue(before, clock);
    await after.load();
    expect(after.signingKey().kid).toBe(before.signingKey().kid);
    await verifierOf(after, clock).verify(token);
  });

  test("neither another secret nor another salt gives the key", async () => {
    const { ring, store } = createTable();
    const secret = newSecret();
    await ring([secret]).load();
    const other = createTable();
    await other.ring([secret]).load();
    expect(rowOf(store, 1).kid).not.toBe(rowOf(other.store, 1).kid);
  });
});

describe("a changed secret", () => {
  test("tokens of before verify, new ones are signed with a new key at once", async () => {
    const { ring, store, clock, alarms } = createTable();
    const before = ring([newSecret()]);
    await before.load();
    const token = await issue(before, clock);

    const after = ring([newSecret()]);
    await after.load();
    await verifierOf(after, clock).verify(token);
    expect(store.rows.size).toBe(2);
    expect(after.signingKey().kid).toBe(rowOf(store, 2).kid);
    await verifierOf(after, clock).verify(await issue(after, clock));
    expect(alarms).toEqual([expect.stringContaining("a secret that is not set here")]);
    expect(after.jwks().keys.map(({ kid }) => kid)).toEqual([rowOf(store, 2).kid, rowOf(store, 1).kid]);
  });

  test("keys of the former secret end when their last token has, 900 + 120 seconds after the new key took over", async () => {
    const { ring, clock } = createTable();
    const before = ring([newSecret()]);
    await before.load();
    const { kid } = before.signingKey();
    const after = ring([newSecret()]);
    await after.load();
    clock.advance(1020 * 1000 - 1);
    expect(after.findKey(kid)).toMatchObject({ kid });
    clock.advance(1);
    expect(await after.findKey(kid)).toBeUndefined();
    expect(after.jwks().keys).toHaveLength(1);
    // The process that still has the former secret goes on with its own key.
    expect(before.findKey(kid)).toMatchObject({ kid });
  });

  test("KEY-17, KEY-18: with the former secret still listed, the new key waits until every JWK Set has it", async () => {
    const { ring, store, clock } = createTable();
    const [former, next] = [newSecret(), newSecret()];
    const other = ring([former]);
    await other.load();
    const oldKid = other.signingKey().kid;
    const keys = ring([next, former]);
    await keys.load();
    const newKid = rowOf(store, 2).kid;
    expect(keys.jwks().keys.map(({ kid }) => kid)).toEqual([newKid, oldKid]);
    expect(keys.signingKey().kid).toBe(oldKid);
    clock.advance(360 * 1000 - 1);
    expect(keys.signingKey().kid).toBe(oldKid);
    clock.advance(1);
    expect(keys.signingKey().kid).toBe(newKid);
    // A process that knows only the former secret learns of the new key by asking once.
    await verifierOf(other, clock).verify(await issue(keys, clock));
    await verifierOf(keys, clock).verify(await issue(other, clock));
  });

  test("changed back, the former key signs again and no third one is made", async () => {
    const { ring, store, clock } = createTable();
    const [former, next] = [newSecret(), newSecret()];
    await ring([former]).load();
    await ring([next]).load();
    clock.advance(3_600_000);
    const back = ring([former]);
    await back.load();
    expect(store.rows.size).toBe(2);
    expect(back.signingKey().kid).toBe(rowOf(store, 1).kid);
    await verifierOf(back, clock).verify(await issue(back, clock));
  });
});

test("a database's clock that is set back after the first start stops no signing", async () => {
  const { ring, clock } = createTable();
  const secret = newSecret();
  const first = ring([secret]);
  await first.load();
  clock.advance(-3_600_000);
  for (const keys of [first, ring([secret])]) {
    await keys.load();
    const token = await issue(keys, clock);
    await expect(verifierOf(keys, clock).verify(token)).resolves.toMatchObject({ sub: "u" });
  }
});

test("of two secrets that both have a key, the first signs, whichever key is newer", async () => {
  const { ring, store } = createTable();
  const [older, newer] = [newSecret(), newSecret()];
  await ring([older]).load();
  await ring([newer]).load();
  for (const [secrets, number] of [
    [[older, newer], 1],
    [[newer, older], 2],
  ] as const) {
    const keys = ring(secrets);
    await keys.load();
    expect(keys.signingKey().kid).toBe(rowOf(store, number).kid);
  }
  expect(store.rows.size).toBe(2);
});

describe("the table was tampered with", () => {
  test.each(["publicJwk", "kid", "both", "salt", "algorithm", "d"])(
    "a row whose %s was changed is refused, with an alarm",
    async (what) => {
      const { ring, store, clock, alarms } = createTable();
      const secret = newSecret();
      const honest = ring([secret]);
      await honest.load();
      const token = await issue(honest, clock);
      const row = rowOf(store, 1);
      const attacker = await throwAwayKey("ES256");
      const { kty, crv, x, y } = attacker.jwk;
      if (what === "publicJwk" || what === "both") row.publicJwk = { kty, crv, x, y } as typeof row.publicJwk;
      if (what === "kid" || what === "both") row.kid = attacker.signing.kid;
      if (what === "salt") row.salt = new Uint8Array(randomBytes(32));
      if (what === "algorithm") row.algorithm = "Ed25519";
      if (what === "d") row.publicJwk = { ...row.publicJwk, d: "AAAA" };

      for (const keys of [honest, ring([secret])]) {
        alarms.length = 0;
        await keys.load();
        expect(alarms).toContain("A row of the signing-key table is refused.");
        const kids = keys.jwks().keys.map(({ kid }) => kid);
        expect(kids).not.toContain(row.kid);
        expect(JSON.stringify(keys.jwks())).not.toContain(x);
        expect(await keys.findKey(attacker.signing.kid)).toBeUndefined();
        await expect(verifierOf(keys, clock).verify(token)).rejects.toMatchObject({
          reason: "token_invalid",
          claim: "kid",
        });
        // There is a key to sign with all the same, and the alarm is not repeated at every poll.
        await verifierOf(keys, clock).verify(await issue(keys, clock));
        alarms.length = 0;
        await keys.load();
        expect(alarms).toEqual([]);
      }
    },
  );

  test("a row of an unknown secret whose kid is not its thumbprint is refused", async () => {
    const { ring, store, alarms } = createTable();
    await ring([newSecret()]).load();
    const { jwk } = await throwAwayKey("ES256");
    const row = rowOf(store, 1);
    row.publicJwk = { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y } as typeof row.publicJwk;
    const keys = ring([newSecret()]);
    await keys.load();
    expect(alarms).toContain("A row of the signing-key table is refused.");
    expect(await keys.findKey(row.kid)).toBeUndefined();
  });

  test("KEY-13: a row of an unknown secret that holds a private member is refused", async () => {
    const { ring, store, alarms } = createTable();
    await ring([newSecret()]).load();
    const row = rowOf(store, 1);
    row.publicJwk = { ...row.publicJwk, d: "AAAA" };
    const keys = ring([newSecret()]);
    await keys.load();
    expect(alarms).toContain("A row of the signing-key table is refused.");
    expect(keys.jwks().keys.map(({ kid }) => kid)).toEqual([rowOf(store, 2).kid]);
  });
});

describe("the end of a key", () => {
  test("a retired key signs no more, verifies until its last token has ended, and then not", async () => {
    const { ring, store, clock } = createTable();
    const keys = ring([newSecret()]);
    await keys.load();
    const row = rowOf(store, 1);
    const token = await issue(keys, clock);
    row.retiredAt = new Date(clock());
    await keys.load();
    expect(keys.signingKey().kid).toBe(rowOf(store, 2).kid);
    await verifierOf(keys, clock).verify(token);
    expect(keys.findKey(row.kid)).toMatchObject({ kid: row.kid });
    clock.advance(1020 * 1000 - 1);
    expect(keys.findKey(row.kid)).toMatchObject({ kid: row.kid });
    clock.advance(1);
    expect(await keys.findKey(row.kid)).toBeUndefined();
    expect(keys.jwks().keys.map(({ kid }) => kid)).toEqual([rowOf(store, 2).kid]);
  });

  test("KEY-19: a revoked key verifies nothing from the next load on, not even a token verified a moment ago", async () => {
    const { ring, store, clock } = createTable();
    const keys = ring([newSecret()]);
    await keys.load();
    const verifier = verifierOf(keys, clock);
    const token = await issue(keys, clock);
    await verifier.verify(token);
    rowOf(store, 1).revokedAt = new Date(clock());
    await keys.load();
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: "token_invalid", claim: "kid" });
    expect(keys.signingKey().kid).toBe(rowOf(store, 2).kid);
    expect(keys.jwks().keys).toHaveLength(1);
  });

  test("phases go by the database's clock, not by this machine's", async () => {
    const { store, clock } = createTable();
    const processClock = fixedClock(startMs - 25_000);
    const former = newSecret();
    await createKeyRing({ algorithm: "ES256", secrets: [former], store, clock }).load();
    const secrets = [newSecret(), former];
    const keys = createKeyRing({ algorithm: "ES256", secrets, store, clock: processClock });
    await keys.load();
    expect(keys.databaseClockAheadMs).toBe(25_000);
    rowOf(store, 2).activeAt = new Date(clock() + 1000);
    await keys.load();
    expect(keys.signingKey().kid).toBe(rowOf(store, 1).kid);
    processClock.advance(999);
    expect(keys.signingKey().kid).toBe(rowOf(store, 1).kid);
    processClock.advance(1);
    expect(keys.signingKey().kid).toBe(rowOf(store, 2).kid);
  });
});

describe("an unknown kid", () => {
  test("KEY-08: a key that was just added elsewhere is found by one read, also by many who ask at once", async () => {
    const { ring, store, clock } = createTable();
    const secret = newSecret();
    const keys = ring([secret]);
    await keys.load();
    const late = ring([newSecret()]);
    await late.load();
    const kid = rowOf(store, 2).kid;
    const found = await Promise.all(Array.from({ length: 20 }, () => keys.findKey(kid)));
    expect(found.every((key) => key?.kid === kid)).toBe(true);
    await verifierOf(keys, clock).verify(await issue(late, clock));
  });

  test("known keys never ask the store", async () => {
    const { store, clock } = createTable();
    let reads = 0;
    const counted = { ...store, listKeys: () => ((reads += 1), store.listKeys()) };
    const keys = createKeyRing({ algorithm: "ES256", secrets: [newSecret()], store: counted, clock });
    await keys.load();
    reads = 0;
    const { kid } = keys.signingKey();
    for (let round = 0; round < 1000; round++) expect(keys.findKey(kid)).toMatchObject({ kid });
    expect(reads).toBe(0);
  });

  test("a clock that steps back does not stop reloading for good (SRV-13)", async () => {
    const { ring, clock } = createTable();
    const keys = ring([newSecret()]);
    await keys.load();
    await keys.findKey("unknown");
    clock.advance(-3_600_000);
    const other = ring([newSecret()]);
    await other.load();
    expect(await keys.findKey(other.signingKey().kid)).toBeDefined();
  });
});

describe("a store that fails", () => {
  test("load throws its error on, and what was known stays in use", async () => {
    const { store, clock } = createTable();
    let isDown = false;
    const flaky = { ...store, listKeys: () => (isDown ? Promise.reject(new Error("down")) : store.listKeys()) };
    const alarms: string[] = [];
    const onAlarm = (message: string) => alarms.push(message);
    const keys = createKeyRing({ algorithm: "ES256", secrets: [newSecret()], store: flaky, clock, onAlarm });
    await keys.load();
    const token = await issue(keys, clock);
    isDown = true;
    await expect(keys.load()).rejects.toThrow("down");
    expect(keys.loaded).toBe(true);
    await verifierOf(keys, clock).verify(token);
    await verifierOf(keys, clock).verify(await issue(keys, clock));
    expect(await keys.findKey("unknown")).toBeUndefined();
    expect(alarms).toEqual(["The signing keys could not be read again."]);
  });

  test("down from the start: not loaded, keys_unavailable for everybody, and well again later", async () => {
    const { store, clock } = createTable();
    let isDown = true;
    const flaky = { ...store, listKeys: () => (isDown ? Promise.reject(new Error("down")) : store.listKeys()) };
    const keys = createKeyRing({ algorithm: "ES256", secrets: [newSecret()], store: flaky, clock });
    await expect(keys.load()).rejects.toThrow("down");
    expect(keys.loaded).toBe(false);
    const other = createTable().ring([newSecret()]);
    await other.load();
    const token = await issue(other, clock);
    await expect(verifierOf(keys, clock).verify(token)).rejects.toMatchObject({ reason: "keys_unavailable" });
    isDown = false;
    await keys.load();
    expect(keys.loaded).toBe(true);
    await verifierOf(keys, clock).verify(await issue(keys, clock));
  });
});

describe("KEY-10, KEY-20: nothing private leaves the ring", () => {
  test.each(derived)("neither rows nor JWK Set of %s hold a private member or the secret", async (algorithm) => {
    const { ring, store } = createTable();
    const secret = newSecret();
    const keys = ring([secret], algorithm);
    await keys.load();
    const publicNames = algorithm === "ES256" ? ["crv", "kty", "x", "y"] : ["crv", "kty", "x"];
    expect(Object.keys(rowOf(store, 1).publicJwk).toSorted()).toEqual(publicNames);
    const [jwk = {}] = keys.jwks().keys;
    expect(Object.keys(jwk).toSorted()).toEqual([...publicNames, "alg", "kid", "use"].toSorted());
    expect(jwk).toMatchObject({ alg: algorithm, use: "sig", kid: keys.signingKey().kid });
    for (const text of [JSON.stringify([...store.rows]), JSON.stringify(keys.jwks()), JSON.stringify(keys)]) {
      for (const member of ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]) expect(text).not.toContain(`"${member}":`);
      expect(text).not.toContain(secret);
    }
    await expect(crypto.subtle.exportKey("jwk", keys.signingKey().key)).rejects.toThrow(/extractable/);
    expect(rowOf(store, 1)).toMatchObject({ secretId: secretId(secret), algorithm });
    expect(rowOf(store, 1).salt).toHaveLength(32);
  });

  test("changing an answer does not change the ring", async () => {
    const { ring } = createTable();
    const keys = ring([newSecret()]);
    await keys.load();
    const [jwk] = keys.jwks().keys;
    Object.assign(jwk ?? {}, { kid: "changed", x: "changed" });
    keys.jwks().keys.pop();
    expect(keys.jwks().keys).toEqual([expect.objectContaining({ kid: keys.signingKey().kid })]);
    expect(JSON.stringify(keys.jwks())).not.toContain("changed");
  });
});

describe("HS256", () => {
  test("its key is derived from each secret, with nothing of it in table or JWK Set", async () => {
    const { ring, store, clock } = createTable();
    const [former, next] = [newSecret(), newSecret()];
    const before = ring([former], "HS256");
    await before.load();
    const token = await issue(before, clock);
    const after = ring([next, former], "HS256");
    await after.load();
    await verifierOf(after, clock).verify(token);
    expect(after.signingKey().kid).not.toBe(before.signingKey().kid);
    expect(store.rows.size).toBe(0);
    expect(after.jwks()).toEqual({ keys: [] });
    await expect(crypto.subtle.exportKey("raw", after.signingKey().key)).rejects.toThrow(/extractable/);
  });

  test("a shared secret's UTF-8 bytes are the key, which the other party makes with a few lines of anything", async () => {
    const { store, clock } = createTable();
    const hs256Secret = `${newSecret()}é`;
    const keys = createKeyRing({ algorithm: "HS256", secrets: [newSecret()], store, clock, hs256Secret });
    await keys.load();
    const [header, payload, signature] = (await issue(keys, clock)).split(".");
    const { createHmac } = await import("node:crypto");
    expect(createHmac("sha256", hs256Secret).update(`${header}.${payload}`).digest("base64url")).toBe(signature);
    expect(JSON.stringify(keys.signingKey().kid)).not.toContain(hs256Secret.slice(0, 8));
    expect(keys.jwks()).toEqual({ keys: [] });
  });

  test("the other secrets do not give the same key: a secret is never the key itself", async () => {
    const { ring, clock } = createTable();
    const secret = newSecret();
    const keys = ring([secret], "HS256");
    await keys.load();
    const [header, payload, signature] = (await issue(keys, clock)).split(".");
    const { createHmac } = await import("node:crypto");
    expect(createHmac("sha256", secret).update(`${header}.${payload}`).digest("base64url")).not.toBe(signature);
  });

  test("ES256 tokens of before the change to HS256 still verify", async () => {
    const { ring, clock } = createTable();
    const secret = newSecret();
    const [es256, hs256] = [ring([secret]), ring([secret], "HS256")];
    await es256.load();
    await hs256.load();
    expect(await verifierOf(hs256, clock).verify(await issue(es256, clock))).toMatchObject({ sub: "u" });
  });
});

describe("keys of the operator", () => {
  test("KEY-22: RS256 signs with the operator's first key; all of them verify; none is written to the table", async () => {
    const { store, clock } = createTable();
    const [first, second] = [await throwAwayKey("RS256"), await throwAwayKey("ES256")];
    const options = { algorithm: "RS256", secrets: [newSecret()], store, clock } as const;
    const keys = createKeyRing({
      ...options,
      operatorKeys: [first.privateJwk, { ...second.privateJwk, kid: "named" }],
    });
    await keys.load();
    expect(keys.signingKey().kid).toBe(first.signing.kid);
    expect(keys.findKey("named")).toMatchObject({ algorithm: "ES256" });
    expect(keys.jwks().keys.map(({ kid, alg }) => [kid, alg])).toEqual([
      [first.signing.kid, "RS256"],
      ["named", "ES256"],
    ]);
    for (const member of ["d", "p", "q", "dp", "dq", "qi"])
      expect(JSON.stringify(keys.jwks())).not.toContain(`"${member}":`);
    expect(store.rows.size).toBe(0);
    await verifierOf(keys, clock).verify(await issue(keys, clock));
  });

  test("they sign and verify although the database is down", async () => {
    const { store, clock } = createTable();
    const down = { ...store, listKeys: () => Promise.reject(new Error("down")) };
    const { privateJwk } = await throwAwayKey("ES256");
    const keys = createKeyRing({
      algorithm: "ES256",
      secrets: [newSecret()],
      store: down,
      clock,
      operatorKeys: [privateJwk],
    });
    await expect(keys.load()).rejects.toThrow("down");
    expect(keys.loaded).toBe(false);
    await verifierOf(keys, clock).verify(await issue(keys, clock));
  });
});

describe("wrong options stop the start (KEY-04)", () => {
  const { store, clock } = createTable();
  const secrets = [newSecret()];
  test.each([
    [{ algorithm: "RS256" }, /operatorKeys/],
    [{ algorithm: "none" }, /algorithm must be one of/],
    [{ algorithm: "EdDSA" }, /algorithm must be one of/],
    [{ secrets: [] }, /at least one/],
    [{ secrets: [""] }, /empty/],
    [{ secrets: ["short"] }, /32 bytes/],
    [{ secrets: [...secrets, ...secrets] }, /differ/],
    [{ hs256Secret: newSecret() }, /HS256 only/],
    [{ algorithm: "HS256", hs256Secret: "short" }, /32 bytes/],
    [{ algorithm: "HS256", hs256Secret: secrets[0] }, /must not be one of the secrets/],
    [{ operatorKeys: [] }, /at least one/],
    [{ operatorKeys: [{ kty: "RSA" }] }, /must be for ES256/],
    [{ store: undefined }, /store/],
    [{ clock: undefined }, /clock/],
  ])("%j", (wrong, message) => {
    const options = { algorithm: "ES256", secrets, store, clock, ...wrong };
    expect(() => createKeyRing(options as never)).toThrow(
      expect.objectContaining({ name: "TypeError", message: expect.stringMatching(message) }),
    );
  });
});
