// What a verifier needs to know about keys: each has one name and one algorithm, and is strong enough for it.

import type { CryptoKey } from "jose";

/** The algorithms Signet knows, by their fully specified names (RFC 9864: `Ed25519`, not `EdDSA`). */
export type SigningAlgorithm = "ES256" | "Ed25519" | "RS256" | "HS256";

export const signingAlgorithms: readonly SigningAlgorithm[] = ["ES256", "Ed25519", "RS256", "HS256"];

/** A key that checks signatures of one algorithm and no other (RFC 8725 §3.1). */
export interface VerificationKey {
  kid: string;
  algorithm: SigningAlgorithm;
  key: CryptoKey;
}

/** Where a verifier finds keys: the key ring, or a cache of somebody else's JWK Set. */
export interface VerificationKeys {
  /**
   * The key of that name, or undefined. Called for every token, so a known key is answered from memory.
   * `kid` comes from a stranger: it is compared, never used as a path, query, address or property name.
   *
   * @throws AuthError `keys_unavailable` while there has never been any key.
   */
  findKey(kid: string): VerificationKey | undefined | Promise<VerificationKey | undefined>;
}

/** What WebCrypto tells about a key, as far as the four algorithms need it. */
interface KeyDetails {
  name: string;
  namedCurve?: string;
  hash?: { name: string };
  modulusLength?: number;
  publicExponent?: Uint8Array;
  length?: number;
}

const strongEnough: Record<SigningAlgorithm, (key: KeyDetails) => boolean> = {
  ES256: (key) => key.name === "ECDSA" && key.namedCurve === "P-256",
  Ed25519: (key) => key.name === "Ed25519",
  // RFC 7518 §3.3; the exponent is 65537, as every sound key has it.
  RS256: (key) =>
    key.name === "RSASSA-PKCS1-v1_5" &&
    key.hash?.name === "SHA-256" &&
    (key.modulusLength ?? 0) >= 2048 &&
    key.publicExponent?.join() === "1,0,1",
  // RFC 7518 §3.2: at least as long as the hash. jose would take a single byte.
  HS256: (key) => key.name === "HMAC" && key.hash?.name === "SHA-256" && (key.length ?? 0) >= 256,
};

/** Whether the key is of the kind and strength that its algorithm demands; also for a value that is no key at all. */
export function isKeyFit({ algorithm, key }: VerificationKey): boolean {
  const kind = algorithm === "HS256" ? "secret" : "public";
  return key?.type === kind && key.usages.includes("verify") && strongEnough[algorithm](key.algorithm as KeyDetails);
}
