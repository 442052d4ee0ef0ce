// The rows of the key table as this process may use them: which it can sign with, which only verify, and until when.

import type { JWK } from "jose";
import { calculateJwkThumbprint } from "jose/jwk/thumbprint";
import { importPublicJwk, publicHalf, publicMembers } from "./public-jwk.ts";
import type { SigningKeyRecord } from "./signing-key-store.ts";
import { type DerivedAlgorithm, deriveKeyPair, type SigningKey } from "./signing-keys.ts";
import type { VerificationKey } from "./verification-keys.ts";

/** Something an operator should look at. Details name keys and secrets by id and hold nothing secret. */
export type Alarm = (message: string, details: Record<string, unknown>) => void;

/** A row that passed its checks. */
export interface TableKey {
  row: SigningKeyRecord;
  verification: VerificationKey;
  publicJwk: JWK;
  /** Only where the row's secret is one of ours. */
  signing?: SigningKey;
  /** From then on no token was signed with it, in milliseconds of the database's clock; null while it may sign. */
  endedSigningAt: number | null;
}

export interface KeyTableReader {
  /** Turns rows into keys, oldest first. A row that is wrong is left out, with an alarm. */
  read(rows: readonly SigningKeyRecord[]): Promise<TableKey[]>;
}

type CheckedRow = Omit<TableKey, "row" | "endedSigningAt">;

/** The reader remembers rows it has checked: a poll costs nothing while the table stays as it is. */
export function createKeyTableReader(secretsById: ReadonlyMap<string, string>, onAlarm: Alarm): KeyTableReader {
  const checked = new Map<string, Promise<CheckedRow | undefined>>();

  async function checkOrAlarm(row: SigningKeyRecord): Promise<CheckedRow | undefined> {
    const { number, kid, secretId } = row;
    try {
      const secret = secretsById.get(secretId);
      if (secret !== undefined) return await deriveAndCompare(row, secret);
      onAlarm("A signing key was made from a secret that is not set here: it verifies, and does not sign.", {
        number,
        kid,
        secretId,
      });
      return await takePublicHalf(row);
    } catch (cause) {
      onAlarm("A row of the signing-key table is refused.", { number, kid, secretId, cause });
      return undefined;
    }
  }

  return {
    async read(rows) {
      const current = [...rows].toSorted((a, b) => a.number - b.number);
      const prints = new Set(current.map(fingerprint));
      for (const print of checked.keys()) if (!prints.has(print)) checked.delete(print);

      const keys: TableKey[] = [];
      for (const row of current) {
        const print = fingerprint(row);
        const check = checked.get(print) ?? checkOrAlarm(row);
        checked.set(print, check);
        const usable = await check;
        // Revoked keys are never verified with, whoever asks and whatever the time.
        if (usable !== undefined && row.revokedAt === null) {
          keys.push({ ...usable, row, endedSigningAt: row.retiredAt?.getTime() ?? null });
        }
      }
      for (const key of keys) key.endedSigningAt ??= endOfForeignKey(key, keys);
      return keys;
    },
  };
}

/**
 * The row of a secret we hold says nothing that we do not know: the key is derived again, and a row that differs was
 * tampered with. Taking its public half would let whoever writes to the database sign tokens.
 */
async function deriveAndCompare(row: SigningKeyRecord, secret: string): Promise<CheckedRow> {
  const algorithm = derivedAlgorithm(row);
  if (row.salt.length !== 32) throw new TypeError("The salt does not have 32 bytes.");
  const { signing, verification, publicJwk } = await deriveKeyPair({
    secret,
    salt: row.salt,
    algorithm,
    number: row.number,
  });
  if (!isSamePublicKey(publicJwk, row.publicJwk, algorithm)) {
    throw new TypeError("The public key is not the one that the secret gives.");
  }
  if (row.kid !== signing.kid) throw new TypeError("The kid is not the thumbprint of the key.");
  return { signing, verification, publicJwk };
}

async function takePublicHalf(row: SigningKeyRecord): Promise<CheckedRow> {
  const verification = await importPublicJwk(row.publicJwk, row.kid);
  if (verification.algorithm !== row.algorithm) throw new TypeError("The public key is of another algorithm.");
  const publicJwk = publicHalf(row.publicJwk, verification.algorithm);
  if (row.kid !== (await calculateJwkThumbprint(publicJwk))) {
    throw new TypeError("The kid is not the thumbprint of the key.");
  }
  return { verification, publicJwk };
}

/**
 * When a secret was changed, nobody is left to retire the keys it made: they end when a newer key, of a secret we hold,
 * takes over.
 */
function endOfForeignKey(key: TableKey, keys: readonly TableKey[]): number | null {
  if (key.signing !== undefined) return null;
  const successor = keys.find((other) => other.signing !== undefined && other.row.number > key.row.number);
  return successor?.row.activeAt.getTime() ?? null;
}

function derivedAlgorithm({ algorithm }: SigningKeyRecord): DerivedAlgorithm {
  if (algorithm === "ES256" || algorithm === "Ed25519") return algorithm;
  throw new TypeError("Keys of this algorithm are not derived.");
}

function isSamePublicKey(derived: JWK, stored: JWK, algorithm: DerivedAlgorithm): boolean {
  const allowed = new Set<string>(publicMembers[algorithm]);
  return (
    publicMembers[algorithm].every((member) => derived[member] === stored[member]) &&
    Object.keys(stored).every((member) => allowed.has(member))
  );
}

/** All that a check depends on. */
function fingerprint({ number, algorithm, kid, publicJwk, salt, secretId }: SigningKeyRecord): string {
  return JSON.stringify([number, algorithm, kid, publicJwk, Buffer.from(salt).toString("base64url"), secretId]);
}
