// @signet/auth/testing: throw-away keys, a clock that stands still, and a builder for tokens of every kind, good and bad.

import type { JWK } from "jose";
import { encode } from "jose/base64url";
import { exportJWK } from "jose/key/export";
import type { AccessTokenClaims } from "./claims.ts";
import type { Clock } from "./clock.ts";
import { withLowS } from "./ecdsa-signature.ts";
import { hs256KeyPair, importKeyPair, type SigningKey } from "./signing-keys.ts";
import type { SigningAlgorithm, VerificationKey, VerificationKeys } from "./verification-keys.ts";

export { createMemorySigningKeyStore, type MemorySigningKeyStore } from "./memory-signing-key-store.ts";

/** A clock that moves only when told to. */
export interface FixedClock extends Clock {
  (): number;
  advance(milliseconds: number): void;
  set(milliseconds: number): void;
}

export function fixedClock(startMs: number): FixedClock {
  let now = startMs;
  const clock = () => now;
  return Object.assign(clock, {
    advance(milliseconds: number) {
      now += milliseconds;
    },
    set(milliseconds: number) {
      now = milliseconds;
    },
  });
}

/** A key made for one test. */
export interface ThrowAwayKey {
  signing: SigningKey;
  verification: VerificationKey;
  /** What a JWK Set would say of it; for HS256 the secret itself. */
  jwk: JWK;
  /** The private JWK, for tests of importing keys. */
  privateJwk: JWK;
}

export async function throwAwayKey(algorithm: SigningAlgorithm): Promise<ThrowAwayKey> {
  if (algorithm === "HS256") {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    const { signing, verification } = await hs256KeyPair(bytes);
    const jwk: JWK = { kty: "oct", k: encode(bytes), kid: signing.kid, alg: algorithm };
    return { signing, verification, jwk, privateJwk: jwk };
  }
  const pair = (await crypto.subtle.generateKey(generateParameters[algorithm], true, ["sign", "verify"])) as {
    privateKey: SigningKey["key"];
  };
  const privateJwk = await exportJWK(pair.privateKey);
  const { signing, verification, publicJwk } = await importKeyPair(privateJwk, algorithm);
  return { signing, verification, jwk: { ...publicJwk, kid: signing.kid, alg: algorithm, use: "sig" }, privateJwk };
}

/** Keys that never change, by their names. */
export function fixedKeys(...keys: readonly VerificationKey[]): VerificationKeys {
  return { findKey: (kid) => keys.find((key) => key.kid === kid) };
}

/** Claims as Signet issues them, at that moment and for five minutes. */
export function exampleClaims(clock: Clock, changes: Partial<AccessTokenClaims> = {}): AccessTokenClaims {
  const iat = Math.floor(clock() / 1000);
  return {
    iss: "https://issuer.example",
    aud: "https://api.example",
    client_id: "signet",
    amr: ["pwd"],
    scope: "",
    sub: "user-1",
    sid: "session-1",
    jti: "token-1",
    iat,
    exp: iat + 300,
    auth_time: iat,
    preferred_username: "ada",
    ...changes,
  };
}

/** The parts of a token, each of which may be anything: bytes and texts are taken as they are, other values as JSON. */
export interface TokenParts {
  header: unknown;
  payload: unknown;
  /** Signs what is given; or a signature, taken as it is. */
  signature: SigningKey | Uint8Array;
}

/** Builds a compact JWS without any check, so that a test can make exactly the wrong one. */
export async function buildToken({ header, payload, signature }: TokenParts): Promise<string> {
  const signingInput = `${encode(toBytes(header))}.${encode(toBytes(payload))}`;
  const bytes = signature instanceof Uint8Array ? signature : await signBytes(signature, signingInput);
  return `${signingInput}.${encode(bytes)}`;
}

/** The signature that the key's algorithm gives to exactly this text. */
export async function signBytes({ algorithm, key }: SigningKey, text: string): Promise<Uint8Array> {
  const parameters = { name: key.algorithm.name, hash: "SHA-256" };
  const signature = new Uint8Array(await crypto.subtle.sign(parameters, key, new TextEncoder().encode(text)));
  return algorithm === "ES256" ? withLowS(signature) : signature;
}

/** A token that is right in every way, or differs from one by what is given. */
export function signedToken(
  key: SigningKey,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> {
  return buildToken({
    header: { alg: key.algorithm, kid: key.kid, typ: "at+jwt", ...header },
    payload: claims,
    signature: key,
  });
}

const generateParameters = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  Ed25519: { name: "Ed25519" },
  RS256: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
} as const;

function toBytes(part: unknown): Uint8Array {
  if (part instanceof Uint8Array) return part;
  return new TextEncoder().encode(typeof part === "string" ? part : JSON.stringify(part));
}
