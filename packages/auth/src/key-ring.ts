// The key ring: which key signs, which ones verify, and when that changes. It holds no private key that was stored
// anywhere: keys are derived from a secret and the rows of a table, or come from the operator.

import { randomBytes } from "node:crypto";
import type { JWK } from "jose";
import type { Clock } from "./clock.ts";
import { AuthError } from "./errors.ts";
import { isNextDue, type KeyRules, keysThatSign, lastingKey, stillVerifies } from "./key-phases.ts";
import { type Alarm, createKeyTableReader, type TableKey } from "./key-table.ts";
import { importOperatorKeys } from "./operator-keys.ts";
import { algorithmForKey } from "./public-jwk.ts";
import { checkSecret, secretId } from "./secrets.ts";
import type { NewSigningKey, RevokedKeys, SigningKeyRecord, SigningKeyStore, WhichKeys } from "./signing-key-store.ts";
import { deriveHs256Bytes, deriveKeyPair, hs256KeyPair, type KeyPair, type SigningKey } from "./signing-keys.ts";
import { type SigningAlgorithm, signingAlgorithms, type VerificationKeys } from "./verification-keys.ts";

export interface KeyRingOptions {
  /** What new tokens are signed with. */
  algorithm: SigningAlgorithm;
  /** The first makes keys, the others are still accepted. See `checkSecret`. */
  secrets: readonly string[];
  store: SigningKeyStore;
  clock: Clock;
  /** With HS256: its UTF-8 bytes are the key, to share with one other party. Default: a key of this server alone. */
  hs256Secret?: string;
  /** The operator's private JWKs: the first signs, all verify. Needed for RS256. */
  operatorKeys?: readonly JWK[];
  /** Told once about each row that is refused or foreign, and about reloads that failed. */
  onAlarm?: Alarm;
  /** How long others may keep our JWK Set: a new key waits that long, and a minute, before it signs. Default 300. */
  jwksMaxAgeSeconds?: number;
  /** How long a retired key's last token may live. Default 900. */
  maxTokenLifetimeSeconds?: number;
  /** From the first signature of one derived key to that of the next. Default 30. */
  rotationDays?: number;
}

/** What can be said of a key aloud. */
export interface KeyDescription {
  kid: string;
  algorithm: SigningAlgorithm;
  /**
   * - `published`: others get to know it; it does not sign yet
   * - `signing`: new tokens are signed with it
   * - `verifying`: its tokens may still be alive
   * - `over`: none can be
   * - `revoked`: refused, whoever shows it
   */
  phase: "published" | "signing" | "verifying" | "over" | "revoked";
  /** Its row; absent for a key that comes from the operator, or is HS256. */
  row?: Pick<SigningKeyRecord, "number" | "secretId" | "publishedAt" | "activeAt" | "retiredAt" | "revokedAt">;
}

export interface KeyRing extends VerificationKeys {
  /**
   * The key to sign with now.
   *
   * @throws AuthError `keys_unavailable` while there is none
   */
  signingKey(): SigningKey;
  /** The public keys that verify now or will soon, newest first. Nothing private, nothing of HS256. */
  jwks(): { keys: JWK[] };
  /** All keys, of the table and others, oldest first. */
  describe(): KeyDescription[];
  /**
   * Reads the table, and adds the key that is missing or due. Call it at the start and at every poll.
   * An error of the store is thrown on, and what was known before stays in use.
   */
  load(): Promise<void>;
  /**
   * Publishes the next key now. It signs once others have had the time to learn of it, and the one before goes on until then: nobody
   * notices. Where one is published already, that is the next.
   *
   * @throws TypeError where keys are not derived: operators put a new key into their file
   */
  rotate(): Promise<KeyDescription>;
  /**
   * Revokes a key, or all keys of a secret that has leaked with the sessions made under it. Others hear of it by the revocations; here
   * it counts at once, and another key takes over.
   *
   * @throws TypeError for a kid that is not known, and for the secret that new keys are made from
   */
  revoke(which: WhichKeys): Promise<RevokedKeys>;
  /** What was revoked elsewhere: ids that are not of our keys are ignored. Nothing is signed with such a key any more. */
  noticeRevoked(ids: readonly string[]): void;
  /**
   * Takes other keys of the operator in place of those it has.
   *
   * @throws TypeError for keys that cannot be used; then those before stay
   */
  replaceOperatorKeys(keys: readonly JWK[]): Promise<void>;
  /** Whether `load` has succeeded once. */
  readonly loaded: boolean;
  /** How far the database's clock is ahead of ours, as measured by the last `load`. */
  readonly databaseClockAheadMs: number;
}

const reloadCoolDownMs = 30_000;
const publicationMarginSeconds = 60;
const retirementMarginSeconds = 120;
const dayMs = 24 * 60 * 60 * 1000;
/** Each round that fails means that somebody else added a key meanwhile; more than a few of them is not a race. */
const maxInsertRounds = 5;

/**
 * Makes a key ring; `load` fills it.
 *
 * @throws TypeError when an option is missing or wrong; operators' keys are checked by `load`, with a TypeError too.
 */
export function createKeyRing(options: KeyRingOptions): KeyRing {
  checkOptions(options);
  const {
    algorithm,
    store,
    clock,
    onAlarm = () => {},
    jwksMaxAgeSeconds = 300,
    maxTokenLifetimeSeconds = 900,
    rotationDays = 30,
  } = options;
  const [firstSecret = "", ...otherSecrets] = options.secrets;
  const firstSecretId = secretId(firstSecret);
  const secretsById = new Map([firstSecret, ...otherSecrets].map((secret) => [secretId(secret), secret]));
  const table = createKeyTableReader(secretsById, onAlarm);
  const rules: KeyRules = {
    algorithm,
    firstSecretId,
    rotationMs: rotationDays * dayMs,
    publicationMs: (jwksMaxAgeSeconds + publicationMarginSeconds) * 1000,
    retentionMs: (maxTokenLifetimeSeconds + retirementMarginSeconds) * 1000,
  };

  let configuredKeys: readonly KeyPair[] = [];
  let rows: readonly SigningKeyRecord[] = [];
  let tableKeys: readonly TableKey[] = [];
  /** Of our keys, those that were revoked as far as has been heard, also before the table says so. */
  const revokedKids = new Set<string>();
  let databaseClockAheadMs = 0;
  let loaded = false;
  let loading: Promise<void> | undefined;
  let reloading: Promise<void> | undefined;
  let lastReloadAt = Number.NEGATIVE_INFINITY;

  /** Phases of keys go by the database's clock, so that all processes see them begin and end at once. */
  const databaseNow = () => clock() + databaseClockAheadMs;

  async function importConfiguredKeys(): Promise<readonly KeyPair[]> {
    if (options.operatorKeys !== undefined) return importOperatorKeys(options.operatorKeys);
    if (algorithm !== "HS256") return [];
    if (options.hs256Secret !== undefined) return [await hs256KeyPair(new TextEncoder().encode(options.hs256Secret))];
    return Promise.all(options.secrets.map((secret) => hs256KeyPair(deriveHs256Bytes(secret))));
  }

  async function readTable(): Promise<void> {
    const askedAt = clock();
    const { keys, now } = await store.listKeys();
    databaseClockAheadMs = now - (askedAt + clock()) / 2;
    tableKeys = await table.read(keys);
    rows = keys;
  }

  /** Whoever else does so at this moment tries the same number. One row wins, and everybody reads it back. */
  async function addKey(): Promise<void> {
    await store.insertKey(await newKey(Math.max(0, ...rows.map(({ number }) => number)) + 1));
    await readTable();
  }

  async function newKey(number: number): Promise<NewSigningKey> {
    if (algorithm !== "ES256" && algorithm !== "Ed25519") throw new TypeError(`${algorithm} keys are not derived.`);
    const salt = new Uint8Array(randomBytes(32));
    const { signing, publicJwk } = await deriveKeyPair({ secret: firstSecret, salt, algorithm, number });
    // Others may keep a key set without this key for a while. They are spared the surprise if anything else can sign.
    const canWait = keysThatSign(tableKeys.filter(isNotRevoked), rules, databaseNow()).length > 0;
    const activeAfterSeconds = canWait ? rules.publicationMs / 1000 : 0;
    return { number, algorithm, kid: signing.kid, publicJwk, salt, secretId: firstSecretId, activeAfterSeconds };
  }

  async function loadOnce(): Promise<void> {
    if (configuredKeys.length === 0) configuredKeys = await importConfiguredKeys();
    await readTable();
    for (let round = 0; configuredKeys.length === 0 && isNextDue(tableKeys, rules, databaseNow()); round++) {
      if (round === maxInsertRounds)
        throw new AuthError("keys_unavailable", "No signing key could be added to the table.");
      await addKey();
    }
    loaded = true;
  }

  function load(): Promise<void> {
    loading ??= loadOnce().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  /** One read of the table per cool-down, whatever names strangers make up; those who come meanwhile share it. */
  function reloadForUnknownKey(): Promise<void> | undefined {
    const sinceLastReload = clock() - lastReloadAt;
    if (reloading === undefined && !(sinceLastReload >= 0 && sinceLastReload < reloadCoolDownMs)) {
      lastReloadAt = clock();
      reloading = load()
        .catch((cause: unknown) => onAlarm("The signing keys could not be read again.", { cause }))
        .finally(() => {
          reloading = undefined;
        });
    }
    return reloading;
  }

  /** One that begins after this call: what it reads is not older. */
  async function loadAgain(): Promise<void> {
    await loading?.catch(() => undefined);
    return load();
  }

  function isNotRevoked(key: { verification: { kid: string } }): boolean {
    return !revokedKids.has(key.verification.kid);
  }

  function currentKey(): SigningKey | undefined {
    if (configuredKeys.length > 0) return configuredKeys.find(isNotRevoked)?.signing;
    return keysThatSign(tableKeys.filter(isNotRevoked), rules, databaseNow())[0]?.signing;
  }

  function phaseOf(row: SigningKeyRecord): KeyDescription["phase"] {
    if (row.revokedAt !== null || revokedKids.has(row.kid)) return "revoked";
    if (row.kid === currentKey()?.kid) return "signing";
    const key = tableKeys.find(({ verification }) => verification.kid === row.kid);
    if (key === undefined || !stillVerifies(key, rules, databaseNow())) return "over";
    return row.activeAt.getTime() > databaseNow() ? "published" : "verifying";
  }

  function describeRow(row: SigningKeyRecord): KeyDescription {
    const {
      kid,
      algorithm: rowAlgorithm,
      number,
      secretId: rowSecretId,
      publishedAt,
      activeAt,
      retiredAt,
      revokedAt,
    } = row;
    return {
      kid,
      algorithm: rowAlgorithm,
      phase: phaseOf(row),
      row: { number, secretId: rowSecretId, publishedAt, activeAt, retiredAt, revokedAt },
    };
  }

  function describeConfigured({ verification: { kid, algorithm: itsAlgorithm } }: KeyPair): KeyDescription {
    const isCurrent = kid === currentKey()?.kid;
    return {
      kid,
      algorithm: itsAlgorithm,
      phase: revokedKids.has(kid) ? "revoked" : isCurrent ? "signing" : "verifying",
    };
  }

  const describe = () => [...rows.map(describeRow), ...configuredKeys.toReversed().map(describeConfigured)];

  function noticeRevoked(ids: readonly string[]): void {
    const known = describe().filter(({ kid, phase }) => phase !== "revoked" && ids.includes(kid));
    if (known.length === 0) return;
    for (const { kid } of known) revokedKids.add(kid);
    loadAgain().catch((cause: unknown) => onAlarm("The signing keys could not be read again.", { cause }));
  }

  function findKnownKey(kid: string) {
    const configured = configuredKeys.find(({ verification }) => verification.kid === kid);
    if (configured !== undefined) return configured.verification;
    const key = tableKeys.find(({ verification }) => verification.kid === kid);
    return key !== undefined && stillVerifies(key, rules, databaseNow()) ? key.verification : undefined;
  }

  return {
    findKey(kid) {
      const key = findKnownKey(kid);
      if (key !== undefined) return key;
      if (!loaded) throw new AuthError("keys_unavailable", "The signing keys have not been read yet.");
      return reloadForUnknownKey()?.then(() => findKnownKey(kid));
    },
    signingKey() {
      const key = currentKey();
      if (key === undefined) throw new AuthError("keys_unavailable", "There is no key to sign with yet.");
      return key;
    },
    jwks() {
      const configured = configuredKeys
        .filter(isNotRevoked)
        .flatMap(({ publicJwk, verification }) =>
          publicJwk === undefined ? [] : [published(publicJwk, verification)],
        );
      const fromTable = tableKeys
        .filter((key) => isNotRevoked(key) && stillVerifies(key, rules, databaseNow()))
        .map((key) => published(key.publicJwk, key.verification));
      return { keys: [...configured, ...fromTable.toReversed()] };
    },
    describe,
    load,
    async rotate() {
      if (algorithm !== "ES256" && algorithm !== "Ed25519") {
        throw new TypeError(`${algorithm} keys do not rotate by themselves: they come from the operator.`);
      }
      if (configuredKeys.length > 0) throw new TypeError("The keys come from a file: put the next one into it.");
      await loadAgain();
      const current = lastingKey(tableKeys, rules);
      if (current === undefined || current.row.activeAt.getTime() <= databaseNow()) await addKey();
      const next = lastingKey(tableKeys, rules);
      if (next === undefined) throw new AuthError("keys_unavailable", "No signing key could be added to the table.");
      return describeRow(next.row);
    },
    async revoke(which) {
      if ("secretId" in which && which.secretId === firstSecretId) {
        throw new TypeError(
          "New keys are made from this secret. Put a new one before it first, and restart with that.",
        );
      }
      await loadAgain();
      if ("kid" in which && !describe().some(({ kid }) => kid === which.kid)) {
        throw new TypeError("There is no key of that kid.");
      }
      const revoked = await store.revokeKeys(which);
      for (const kid of revoked.kids) revokedKids.add(kid);
      await loadAgain();
      return revoked;
    },
    noticeRevoked,
    async replaceOperatorKeys(keys) {
      checkOperatorKeys(keys, algorithm);
      configuredKeys = await importOperatorKeys(keys);
    },
    get loaded() {
      return loaded;
    },
    get databaseClockAheadMs() {
      return databaseClockAheadMs;
    },
  };
}

function published(publicJwk: JWK, { kid, algorithm }: { kid: string; algorithm: SigningAlgorithm }): JWK {
  return { ...publicJwk, kid, alg: algorithm, use: "sig" };
}

function checkOptions(options: KeyRingOptions): void {
  const { algorithm, secrets, store, clock, hs256Secret, operatorKeys, rotationDays = 30 } = options;
  if (!signingAlgorithms.includes(algorithm)) {
    throw new TypeError(`algorithm must be one of ${signingAlgorithms.join(", ")}.`);
  }
  if (!Array.isArray(secrets) || secrets.length === 0) throw new TypeError("secrets must be a list of at least one.");
  for (const secret of secrets) checkSecret(secret);
  if (new Set(secrets).size < secrets.length) throw new TypeError("secrets must differ from one another.");
  if (typeof store?.listKeys !== "function") throw new TypeError("store must be a SigningKeyStore.");
  if (typeof clock !== "function") throw new TypeError("clock must be a function that gives milliseconds.");
  if (hs256Secret !== undefined) {
    if (algorithm !== "HS256") throw new TypeError("hs256Secret is for the algorithm HS256 only.");
    checkSecret(hs256Secret);
    if (secrets.includes(hs256Secret)) throw new TypeError("hs256Secret must not be one of the secrets.");
  }
  if (algorithm === "RS256" && operatorKeys === undefined) {
    throw new TypeError("RS256 needs operatorKeys: RSA keys are not derived from a secret.");
  }
  if (operatorKeys !== undefined) checkOperatorKeys(operatorKeys, algorithm);
  if (!(Number.isFinite(rotationDays) && rotationDays >= 1)) throw new TypeError("rotationDays must be at least 1.");
}

function checkOperatorKeys(operatorKeys: readonly JWK[], algorithm: SigningAlgorithm): void {
  const [first] = operatorKeys;
  if (first === undefined) throw new TypeError("operatorKeys must hold at least one private JWK.");
  if (algorithmForKey(first) !== algorithm) throw new TypeError(`The first of operatorKeys must be for ${algorithm}.`);
}
