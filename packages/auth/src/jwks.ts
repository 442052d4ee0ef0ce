// Public keys as a JWK Set, read strictly: what a service that only verifies starts from.

import type { JWK } from "jose";
import { AuthError } from "./errors.ts";
import { holdsPrivateMember, importPublicJwk } from "./public-jwk.ts";
import type { VerificationKey, VerificationKeys } from "./verification-keys.ts";

/**
 * The usable keys of an issuer's JWK Set.
 *
 * A key that is not for us (another type, use or algorithm, no `kid`) or not sound (weak, off the curve) is skipped, as
 * sets may hold keys for others. A set that cannot be trusted as a whole is refused: one that holds anything secret, or
 * names two keys alike.
 *
 * @throws TypeError that says what is wrong with the set.
 * @see RFC 7517 §5
 */
export async function importJwkSet(jwkSet: unknown): Promise<VerificationKey[]> {
  const jwks = listOf(jwkSet);
  if (jwks.some((jwk) => jwk.kty === "oct" || holdsPrivateMember(jwk))) {
    throw new TypeError("The JWK Set holds a secret or private key.");
  }
  const kids = jwks.flatMap(({ kid }) => (kid === undefined ? [] : [kid]));
  if (new Set(kids).size < kids.length) throw new TypeError("The JWK Set names two keys alike.");
  const imports = await Promise.allSettled(jwks.filter(hasName).map((jwk) => importPublicJwk(jwk, jwk.kid)));
  return imports.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

/** Verification keys that never change: those of a JWK Set at hand. */
export async function createVerificationKeys(jwkSet: unknown): Promise<VerificationKeys> {
  const keys = new Map((await importJwkSet(jwkSet)).map((key) => [key.kid, key]));
  return {
    findKey(kid) {
      if (keys.size === 0) throw new AuthError("keys_unavailable", "There is no key to verify with.");
      return keys.get(kid);
    },
  };
}

function listOf(jwkSet: unknown): JWK[] {
  const keys: unknown = typeof jwkSet === "object" && jwkSet !== null && "keys" in jwkSet ? jwkSet.keys : undefined;
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "object" && key !== null && !Array.isArray(key))) {
    throw new TypeError('A JWK Set is an object with a list of objects under "keys".');
  }
  return keys;
}

function hasName(jwk: JWK): jwk is JWK & { kid: string } {
  return typeof jwk.kid === "string" && jwk.kid !== "";
}
