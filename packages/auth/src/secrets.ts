// The operator's secret: whether it is good enough, its name, and what is made from it. Each use has a label of its own, so
// that what one use gives away tells nothing about another.

import { hkdfSync } from "node:crypto";

const minSecretBytes = 32;
const minDistinctCharacters = 10;
const minCharactersOfItsOwn = 20;

// What people leave in from examples. Each word is taken out; what is left must still be long enough to be a secret.
const placeholderWords =
  /change|please|replace|insert|enter|your|this|that|with|some|very|long|strong|super|secure|secret|random|string|value|token|auth|signet|key|password|example|sample|placeholder|default|development|production|test|me|my|in|at|least|characters|bytes|[^a-z0-9]/gi;

/**
 * Checks that a secret can be one: at least 32 bytes, not a placeholder, not a pattern.
 * It cannot prove that it is random: `openssl rand -base64 32` makes one that is.
 *
 * @throws TypeError that says what is wrong, without the secret.
 * @see RFC 7518 §3.2, RFC 8725 §3.5
 */
export function checkSecret(secret: unknown): asserts secret is string {
  const advice = "Make one with: openssl rand -base64 32";
  if (typeof secret !== "string" || secret.trim() === "") throw new TypeError(`The secret is empty. ${advice}`);
  if (Buffer.byteLength(secret) < minSecretBytes) {
    throw new TypeError(`The secret is shorter than ${minSecretBytes} bytes. ${advice}`);
  }
  if (secret.replace(placeholderWords, "").length < minCharactersOfItsOwn) {
    throw new TypeError(`The secret looks like a placeholder. ${advice}`);
  }
  if (new Set(secret).size < minDistinctCharacters || repeatsItself(secret) || countsUp(secret)) {
    throw new TypeError(`The secret has too little variety. ${advice}`);
  }
}

/** Names a secret without telling it: not a plain hash, and of no use for finding out anything made from the secret. */
export function secretId(secret: string): string {
  return deriveBytes({ secret, label: "signet/1/secret-id", length: 12 }).toString("base64url");
}

export interface Derivation {
  secret: string | Uint8Array;
  /** Says what the bytes are for; no two uses share one. */
  label: string;
  /** In bytes. */
  length: number;
  salt?: Uint8Array;
}

/** HKDF-SHA-256 (RFC 5869). */
export function deriveBytes({ secret, label, length, salt = new Uint8Array() }: Derivation): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, salt, label, length));
}

function repeatsItself(secret: string): boolean {
  for (let period = 1; period <= secret.length / 2; period++) {
    if (secret.startsWith(secret.slice(period))) return true;
  }
  return false;
}

/** Alphabets and keyboards' number rows: most characters are the one before plus one. */
function countsUp(secret: string): boolean {
  let steps = 0;
  for (let index = 1; index < secret.length; index++) {
    if (secret.charCodeAt(index) - secret.charCodeAt(index - 1) === 1) steps += 1;
  }
  return steps > secret.length / 2;
}
