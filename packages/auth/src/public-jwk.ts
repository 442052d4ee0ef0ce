// Somebody's public key, as a JWK, turned into a verification key; or the reason why it is not taken. The rules for public
// keys are all here: the key ring, the operator's keys and a fetched JWK Set go through this one gate.

import type { JWK } from "jose";
import { decode } from "jose/base64url";
import { toBigInt } from "./ecdsa-signature.ts";
import type { AsymmetricAlgorithm } from "./signing-key-store.ts";
import { isKeyFit, type VerificationKey } from "./verification-keys.ts";

/** The one algorithm for each type of key; a JWK may leave `alg` out, but not name another. */
const algorithmOf: Record<string, AsymmetricAlgorithm> = {
  "EC P-256": "ES256",
  "OKP Ed25519": "Ed25519",
  RSA: "RS256",
};

/** The members that make up each public key, and are needed for its thumbprint (RFC 7638 §3.2, RFC 8037 §2). */
export const publicMembers = {
  ES256: ["kty", "crv", "x", "y"],
  Ed25519: ["kty", "crv", "x"],
  RS256: ["kty", "n", "e"],
} as const satisfies Record<AsymmetricAlgorithm, readonly (keyof JWK)[]>;

/** How WebCrypto is told which algorithm a key is for. */
export const importParameters = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  Ed25519: { name: "Ed25519" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
} as const satisfies Record<AsymmetricAlgorithm, unknown>;

const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] as const;

/** The algorithm that keys of this type are for, or undefined for a type that is not ours. */
export function algorithmForKey(jwk: JWK): AsymmetricAlgorithm | undefined {
  const { kty, crv }: { kty?: unknown; crv?: unknown } = jwk;
  if (typeof kty !== "string") return undefined;
  return algorithmOf[typeof crv === "string" ? `${kty} ${crv}` : kty];
}

/** Whether a JWK holds anything that must not be public. */
export function holdsPrivateMember(jwk: object): boolean {
  return jwk !== null && privateMembers.some((member) => member in jwk);
}

/** Whether the key may be used that way: a JWK need not say (RFC 7517 §4.3). */
export function permits({ key_ops: operations }: JWK, operation: "sign" | "verify"): boolean {
  return operations === undefined || (Array.isArray(operations) && operations.includes(operation));
}

/** Only the members that make up the public key: an allow list, so nothing private can slip through. */
export function publicHalf(jwk: JWK, algorithm: AsymmetricAlgorithm): JWK {
  return Object.fromEntries(publicMembers[algorithm].map((member) => [member, jwk[member]])) as JWK;
}

/**
 * Imports a public key for verification.
 *
 * Checks: type and algorithm agree, `use` and `key_ops` permit verification, no private member, a point on the curve, RSA of
 * at least 2048 bits with e = 65537 and not of the weak ROCA form. Does not check: that `kid` is the thumbprint.
 *
 * @throws TypeError that says what is wrong with the key, without its content.
 * @see RFC 7517 §4, RFC 7518 §6
 */
export async function importPublicJwk(jwk: JWK, kid: string): Promise<VerificationKey> {
  const algorithm = algorithmForKey(jwk);
  if (algorithm === undefined) throw new TypeError("The key is of a type that is not supported.");
  if (jwk.alg !== undefined && jwk.alg !== algorithm) throw new TypeError(`The key is not for ${algorithm}.`);
  if (jwk.use !== undefined && jwk.use !== "sig") throw new TypeError("The key is not for signatures.");
  if (!permits(jwk, "verify")) throw new TypeError("The key is not for verifying.");
  if (holdsPrivateMember(jwk)) throw new TypeError("The key holds private members.");
  if (algorithm === "RS256" && hasRocaFingerprint(jwk)) throw new TypeError("The RSA key is of the weak ROCA form.");

  const imported = await importKey(publicHalf(jwk, algorithm), algorithm);
  const key: VerificationKey = { kid, algorithm, key: imported };
  if (!isKeyFit(key)) throw new TypeError(`The key is too weak for ${algorithm}: RSA needs 2048 bits and e = 65537.`);
  return key;
}

async function importKey(jwk: JWK, algorithm: AsymmetricAlgorithm): Promise<VerificationKey["key"]> {
  try {
    return await crypto.subtle.importKey("jwk", jwk, importParameters[algorithm], true, ["verify"]);
  } catch (cause) {
    throw new TypeError(`The key is not a sound ${algorithm} key.`, { cause });
  }
}

// Primes made by a library of certain smart cards are powers of 65537 modulo all small primes, and so is their product:
// the modulus gives itself away, and can be factored (CVE-2017-15361).
const smallPrimes = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
];

function hasRocaFingerprint({ n }: JWK): boolean {
  const modulus = toBigInt(decode(n ?? ""));
  return smallPrimes.every((prime) => isPowerOf65537(Number(modulus % BigInt(prime)), prime));
}

function isPowerOf65537(remainder: number, prime: number): boolean {
  let power = 1;
  for (let exponent = 0; exponent < prime; exponent++) {
    if (power === remainder) return true;
    power = (power * 65537) % prime;
  }
  return false;
}
