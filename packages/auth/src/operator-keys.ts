// Keys that an operator brings along as private JWKs: the only way to RS256, and a choice for the others.

import type { JWK } from "jose";
import { algorithmForKey, permits } from "./public-jwk.ts";
import { importKeyPair, type KeyPair } from "./signing-keys.ts";

/**
 * Imports the operator's private keys, in order. Everything about them is checked at the start, so that no token is ever
 * signed with a key that verifiers refuse.
 *
 * @throws TypeError that names the key by its position and says what is wrong, without its content.
 * @see RFC 7517 §4, RFC 7518 §3.3 and §6
 */
export async function importOperatorKeys(privateJwks: readonly JWK[]): Promise<Required<KeyPair>[]> {
  const pairs = await Promise.all(privateJwks.map(importOperatorKey));
  const kids = new Set(pairs.map(({ signing }) => signing.kid));
  if (kids.size < pairs.length) throw new TypeError("Two of the operator's keys have the same kid.");
  return pairs;
}

async function importOperatorKey(jwk: JWK, index: number): Promise<Required<KeyPair>> {
  try {
    const algorithm = algorithmForKey(jwk);
    if (algorithm === undefined) throw new TypeError("It is neither RSA, nor EC P-256, nor Ed25519.");
    if (jwk.alg !== undefined && jwk.alg !== algorithm) throw new TypeError(`Its alg is not ${algorithm}.`);
    if (jwk.use !== undefined && jwk.use !== "sig") throw new TypeError('Its use is not "sig".');
    if (!permits(jwk, "sign")) throw new TypeError("Its key_ops lack sign.");
    if (typeof jwk.d !== "string") throw new TypeError("It is not a private key.");
    if (jwk.kid !== undefined && (typeof jwk.kid !== "string" || jwk.kid === "" || jwk.kid.length > 256)) {
      throw new TypeError("Its kid is not a text of 1 to 256 characters.");
    }
    const pair = await importKeyPair(jwk, algorithm, jwk.kid);
    await proveThatHalvesMatch(pair);
    return pair;
  } catch (cause) {
    const problem = cause instanceof TypeError ? cause.message : "It could not be read.";
    throw new TypeError(`The operator's key number ${index + 1} cannot be used. ${problem}`, { cause });
  }
}

/** A JWK states both halves of a key side by side, and nothing in the format makes them belong together. */
async function proveThatHalvesMatch({ signing, verification }: KeyPair): Promise<void> {
  const parameters = { name: signing.key.algorithm.name, hash: "SHA-256" };
  const text = new TextEncoder().encode("signet");
  const signature = await crypto.subtle.sign(parameters, signing.key, text);
  if (!(await crypto.subtle.verify(parameters, verification.key, signature, text))) {
    throw new TypeError("Its private and public members do not belong together.");
  }
}
