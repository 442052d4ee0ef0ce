// The life of a key in the table: published, signing, verifying, over. Which phase a key is in, and when another one is due, follows from
// the rows, the rules and the time alone.

import type { TableKey } from "./key-table.ts";
import type { SigningKey } from "./signing-keys.ts";
import type { SigningAlgorithm } from "./verification-keys.ts";

export interface KeyRules {
  /** What new tokens are signed with. */
  algorithm: SigningAlgorithm;
  /** Of the secret that makes new keys. */
  firstSecretId: string;
  /** From the first signature of one key to that of the next, in milliseconds. */
  rotationMs: number;
  /** From a key's publication to its first signature, so that whoever keeps an older key set has a newer one by then. */
  publicationMs: number;
  /** From a key's last signature until no token of it can be alive. */
  retentionMs: number;
}

export type OwnKey = TableKey & { signing: SigningKey };

/** Of the keys that could sign now: those of the first secret before others, then the newest. */
export function keysThatSign(keys: readonly TableKey[], rules: KeyRules, now: number): OwnKey[] {
  const ours = keys.filter(isOwn).filter((key) => key.row.algorithm === rules.algorithm && !isAfterEnd(key, now));
  const isOfFirst = ({ row }: TableKey) => Number(row.secretId === rules.firstSecretId);
  const active = ours
    .filter(({ row }) => row.activeAt.getTime() <= now)
    .toSorted((a, b) => isOfFirst(b) - isOfFirst(a) || b.row.number - a.row.number);
  if (active.length > 0) return active;
  // The database's clock was set back since they were made, or the one before was revoked. The oldest has been known to others for longest.
  return ours.toSorted((a, b) => a.row.number - b.row.number);
}

/** The key that signs on when all others have ended: the newest of the first secret whose own end is not decided yet. */
export function lastingKey(keys: readonly TableKey[], { algorithm, firstSecretId }: KeyRules): OwnKey | undefined {
  return keys
    .filter(isOwn)
    .filter(
      ({ row, endedSigningAt }) =>
        row.algorithm === algorithm && row.secretId === firstSecretId && endedSigningAt === null,
    )
    .toSorted((a, b) => b.row.number - a.row.number)[0];
}

/** Whether the next key has to be published now, to sign in time. Not while one is published that does not sign yet. */
export function isNextDue(keys: readonly TableKey[], rules: KeyRules, now: number): boolean {
  const lasting = lastingKey(keys, rules);
  return lasting === undefined || now >= lasting.row.activeAt.getTime() + rules.rotationMs - rules.publicationMs;
}

/** Whether a token of the key may still be alive. */
export function stillVerifies({ endedSigningAt }: TableKey, { retentionMs }: KeyRules, now: number): boolean {
  return endedSigningAt === null || now < endedSigningAt + retentionMs;
}

function isOwn(key: TableKey): key is OwnKey {
  return key.signing !== undefined;
}

function isAfterEnd({ endedSigningAt }: TableKey, now: number): boolean {
  return endedSigningAt !== null && endedSigningAt <= now;
}
