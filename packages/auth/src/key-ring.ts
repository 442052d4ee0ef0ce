// The key ring: which key signs, which ones verify, and when that changes. It holds no private key that was stored
// anywhere: keys are derived from a secret and the rows of a table, or come from the operator.

import { randomBytes } from "node:crypto";
import type { JWK } from "jose";
import type { Clock } from "./clock.ts";
import { AuthError } from "./errors.ts";
import { type Alarm, createKeyTableReader, type TableKey } from "./key-table.ts";
import { importOperatorKeys } from "./operator-keys.ts";
import { algorithmForKey } from "./public-jwk.ts";
import { checkSecret, secretId } from "./secrets.ts";
import type { NewSigningKey, SigningKeyStore } from "./signing-key-store.ts";
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
  /**
   * Reads the table, and adds the key that is missing. Call it at the start and at every poll.
   * An error of the store is thrown on, and what was known before stays in use.
   */
  load(): Promise<void>;
  /** Whether `load` has succeeded once. */
  readonly loaded: boolean;
  /** How far the database's clock is ahead of ours, as measured by the last `load`. */
  readonly databaseClockAheadMs: number;
}

const reloadCoolDownMs = 30_000;
const publicationMarginSeconds = 60;
const retirementMarginSeconds = 120;
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
  } = options;
  const [firstSecret = "", ...otherSecrets] = options.secrets;
  const firstSecretId = secretId(firstSecret);
  const secretsById = new Map([firstSecret, ...otherSecrets].map((secret) => [secretId(secret), secret]));
  const table = createKeyTableReader(secretsById, onAlarm);

  let configuredKeys: readonly KeyPair[] = [];
  let tableKeys: readonly TableKey[] = [];
  let databaseClockAheadMs = 0;
  let loaded = false;
  let loading: Promise<void> | undefined;
  let reloading: Promise<void> | undefined;
  let lastReloadAt = Number.NEGATIVE_INFINITY;

  /** Phases of keys go by the database's clock, so that all processes see them begin and end at once. */
  const databaseNow = () => clock() + databaseClockAheadMs;

  function stillVerifies({ endedSigningAt }: TableKey): boolean {
    const graceMs = (maxTokenLifetimeSeconds + retirementMarginSeconds) * 1000;
    return endedSigningAt === null || databaseNow() < endedSigningAt + graceMs;
  }

  const isOfFirst = ({ row }: TableKey) => Number(row.secretId === firstSecretId);

  /** Of the keys that could sign: those of the first secret before others, then the newest. */
  function keysThatSign(keys: readonly TableKey[]): (TableKey & { signing: SigningKey })[] {
    const ours = keys
      .filter(isOurs)
      .filter(({ row }) => row.algorithm === algorithm)
      .filter(({ endedSigningAt }) => endedSigningAt === null || endedSigningAt > databaseNow());
    const active = ours
      .filter(({ row }) => row.activeAt.getTime() <= databaseNow())
      .toSorted((a, b) => isOfFirst(b) - isOfFirst(a) || b.row.number - a.row.number);
    if (active.length > 0) return active;
    // The database's clock was set back since they were made. The oldest has been known to others for longest.
    return ours.toSorted((a, b) => a.row.number - b.row.number);
  }

  function hasKeyOfFirstSecret(keys: readonly TableKey[]): boolean {
    return keys.some(
      ({ row, signing, endedSigningAt }) =>
        signing !== undefined &&
        row.secretId === firstSecretId &&
        row.algorithm === algorithm &&
        (endedSigningAt === null || endedSigningAt > databaseNow()),
    );
  }

  async function importConfiguredKeys(): Promise<readonly KeyPair[]> {
    if (options.operatorKeys !== undefined) return importOperatorKeys(options.operatorKeys);
    if (algorithm !== "HS256") return [];
    if (options.hs256Secret !== undefined) return [await hs256KeyPair(new TextEncoder().encode(options.hs256Secret))];
    return Promise.all(options.secrets.map((secret) => hs256KeyPair(deriveHs256Bytes(secret))));
  }

  async function readTable(): Promise<{ keys: TableKey[]; highestNumber: number }> {
    const askedAt = clock();
    const { keys: rows, now } = await store.listKeys();
    databaseClockAheadMs = now - (askedAt + clock()) / 2;
    return { keys: await table.read(rows), highestNumber: Math.max(0, ...rows.map(({ number }) => number)) };
  }

  async function newKey(keys: readonly TableKey[], number: number): Promise<NewSigningKey> {
    if (algorithm !== "ES256" && algorithm !== "Ed25519") throw new TypeError(`${algorithm} keys are not derived.`);
    const salt = new Uint8Array(randomBytes(32));
    const { signing, publicJwk } = await deriveKeyPair({ secret: firstSecret, salt, algorithm, number });
    // Others may keep a key set without this key for a while. They are spared the surprise if anything else can sign.
    const activeAfterSeconds = keysThatSign(keys).length > 0 ? jwksMaxAgeSeconds + publicationMarginSeconds : 0;
    return { number, algorithm, kid: signing.kid, publicJwk, salt, secretId: firstSecretId, activeAfterSeconds };
  }

  async function loadOnce(): Promise<void> {
    if (configuredKeys.length === 0) configuredKeys = await importConfiguredKeys();
    let { keys, highestNumber } = await readTable();
    for (let round = 0; configuredKeys.length === 0 && !hasKeyOfFirstSecret(keys); round++) {
      if (round === maxInsertRounds)
        throw new AuthError("keys_unavailable", "No signing key could be added to the table.");
      // Whoever else starts at this moment tries the same number. One row wins, and everybody reads it back.
      await store.insertKey(await newKey(keys, highestNumber + 1));
      ({ keys, highestNumber } = await readTable());
    }
    tableKeys = keys;
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

  function findKnownKey(kid: string) {
    const configured = configuredKeys.find(({ verification }) => verification.kid === kid);
    if (configured !== undefined) return configured.verification;
    const key = tableKeys.find(({ verification }) => verification.kid === kid);
    return key !== undefined && stillVerifies(key) ? key.verification : undefined;
  }

  return {
    findKey(kid) {
      const key = findKnownKey(kid);
      if (key !== undefined) return key;
      if (!loaded) throw new AuthError("keys_unavailable", "The signing keys have not been read yet.");
      return reloadForUnknownKey()?.then(() => findKnownKey(kid));
    },
    signingKey() {
      const key = configuredKeys[0]?.signing ?? keysThatSign(tableKeys)[0]?.signing;
      if (key === undefined) throw new AuthError("keys_unavailable", "There is no key to sign with yet.");
      return key;
    },
    jwks() {
      const configured = configuredKeys.flatMap(({ publicJwk, verification }) =>
        publicJwk === undefined ? [] : [published(publicJwk, verification)],
      );
      const fromTable = tableKeys.filter(stillVerifies).map((key) => published(key.publicJwk, key.verification));
      return { keys: [...configured, ...fromTable.toReversed()] };
    },
    load,
    get loaded() {
      return loaded;
    },
    get databaseClockAheadMs() {
      return databaseClockAheadMs;
    },
  };
}

function isOurs(key: TableKey): key is TableKey & { signing: SigningKey } {
  return key.signing !== undefined;
}

function published(publicJwk: JWK, { kid, algorithm }: { kid: string; algorithm: SigningAlgorithm }): JWK {
  return { ...publicJwk, kid, alg: algorithm, use: "sig" };
}

function checkOptions({ algorithm, secrets, store, clock, hs256Secret, operatorKeys }: KeyRingOptions): void {
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
  if (operatorKeys !== undefined) {
    const [first] = operatorKeys;
    if (first === undefined) throw new TypeError("operatorKeys must hold at least one private JWK.");
    if (algorithmForKey(first) !== algorithm)
      throw new TypeError(`The first of operatorKeys must be for ${algorithm}.`);
  }
}
