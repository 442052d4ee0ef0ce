// The signature layer: shape, header, key, signature. It knows nothing of claims, which is why the published test
// vectors, whose payloads are not claims, can be put to it as they are.

import { decode } from "jose/base64url";
import { type CompactJws, type JoseHeader, parseCompactJws } from "./compact-jws.ts";
import { isInRange } from "./ecdsa-signature.ts";
import { AuthError } from "./errors.ts";
import { isKeyFit, type SigningAlgorithm, type VerificationKey, type VerificationKeys } from "./verification-keys.ts";

export interface VerifyJwsOptions {
  /** The algorithms that are accepted at all; compared exactly. */
  algorithms: readonly SigningAlgorithm[];
  keys: VerificationKeys;
}

export interface VerifiedJws {
  header: JoseHeader;
  payload: Uint8Array;
  signature: Uint8Array;
  key: VerificationKey;
}

// Fixed lengths in octets. A DER-encoded ECDSA signature is one of the things this refuses (RFC 7518 §3.4).
const signatureLength: Partial<Record<SigningAlgorithm, number>> = { ES256: 64, Ed25519: 64, HS256: 32 };

/** By their names in WebCrypto. */
const webCrypto = {
  ES256: { name: "ECDSA", hash: "SHA-256" },
  Ed25519: "Ed25519",
  RS256: "RSASSA-PKCS1-v1_5",
  HS256: "HMAC",
} as const satisfies Record<SigningAlgorithm, unknown>;
const ascii = new TextEncoder();

/**
 * Proves that a compact JWS was signed by the key its `kid` names, with the one algorithm of that key.
 *
 * @throws AuthError `token_malformed` | `token_invalid` | `keys_unavailable`
 * @see RFC 7515 §5.2, RFC 8725 §3.1
 */
export async function verifyJws(token: unknown, { algorithms, keys }: VerifyJwsOptions): Promise<VerifiedJws> {
  const jws = parseCompactJws(token);
  const { alg, kid } = jws.header;
  const algorithm = algorithms.find((allowed) => allowed === alg);
  if (algorithm === undefined) throw invalid("The token's algorithm is not accepted here.", "alg");

  const found = findKey(keys, kid);
  const key = isPromise(found) ? await found : found;
  if (key === undefined) throw invalid("The token's key is not known.", "kid");
  // The header chooses neither the algorithm nor how the key is read: it has to agree with the key.
  if (key.algorithm !== algorithm) throw invalid("The token's algorithm is not that of its key.", "alg");
  if (!isKeyFit(key)) throw new AuthError("keys_unavailable", "The verification key does not fit its algorithm.");

  const length = signatureLength[algorithm] ?? jws.signature.length;
  if (jws.signature.length !== length) throw wrongSignature();
  if (algorithm === "ES256" && !isInRange(jws.signature)) throw wrongSignature();
  await checkSignature(jws, key);
  return { header: jws.header, payload: decode(jws.payload), signature: jws.signature, key };
}

/** By the key's algorithm: the header has no say in it. */
async function checkSignature({ signature, signingInput }: CompactJws, { algorithm, key }: VerificationKey) {
  let isRight: boolean;
  try {
    isRight = await crypto.subtle.verify(webCrypto[algorithm], key, signature, ascii.encode(signingInput));
  } catch (cause) {
    throw wrongSignature(cause);
  }
  if (!isRight) throw wrongSignature();
}

type Found = VerificationKey | undefined;

/** Asks for a key; whatever goes wrong there is our fault and never reported as an invalid token. */
export function findKey(keys: VerificationKeys, kid: string): Found | Promise<Found> {
  const fitting = (key: Found) => (key?.kid === kid ? key : undefined);
  try {
    const found = keys.findKey(kid);
    // From memory it comes at once, and nobody has to wait.
    return isPromise(found) ? found.then(fitting).catch(unavailable) : fitting(found);
  } catch (cause) {
    return unavailable(cause);
  }
}

export function isPromise(found: Found | Promise<Found>): found is Promise<Found> {
  return typeof found === "object" && "then" in found;
}

function unavailable(cause: unknown): never {
  if (cause instanceof AuthError && cause.reason === "keys_unavailable") throw cause;
  throw new AuthError("keys_unavailable", "The verification keys could not be read.", { cause });
}

function wrongSignature(cause?: unknown): AuthError {
  return new AuthError("token_invalid", "The token's signature is not right.", { cause });
}

function invalid(message: string, parameter: string): AuthError {
  return new AuthError("token_invalid", message, { claim: parameter });
}
