// Key n, made again from a secret and the salt of its row. Nothing private is ever stored: whoever has only the table, or
// only the secret, has no key.

import { createECDH, createPrivateKey } from "node:crypto";
import type { CryptoKey, JWK } from "jose";
import { calculateJwkThumbprint } from "jose/jwk/thumbprint";
import { p256Order, toBigInt, toBytes } from "./ecdsa-signature.ts";
import { importParameters, importPublicJwk, publicHalf } from "./public-jwk.ts";
import { deriveBytes } from "./secrets.ts";
import type { AsymmetricAlgorithm } from "./signing-key-store.ts";
import type { SigningAlgorithm, VerificationKey } from "./verification-keys.ts";

/** A key that signs, with the one algorithm it is for. Its private half cannot be exported. */
export interface SigningKey {
  kid: string;
  algorithm: SigningAlgorithm;
  key: CryptoKey;
}

/** Both halves of a key, and what is published of it. */
export interface KeyPair {
  signing: SigningKey;
  verification: VerificationKey;
  /** Absent for HS256: nothing of it is public. */
  publicJwk?: JWK;
}

/** RSA keys cannot be derived; they come from the operator. */
export type DerivedAlgorithm = Exclude<AsymmetricAlgorithm, "RS256">;

export interface KeyDerivation {
  secret: string;
  salt: Uint8Array;
  algorithm: DerivedAlgorithm;
  /** The number of the key's row. */
  number: number;
}

/** Derives key n. The same input always gives the same key; another number, salt, secret or algorithm an unrelated one. */
export async function deriveKeyPair({ secret, salt, algorithm, number }: KeyDerivation): Promise<Required<KeyPair>> {
  const label = `signet/1/sign/${algorithm}/${number}`;
  const privateJwk =
    algorithm === "ES256"
      ? p256Jwk(deriveBytes({ secret, salt, label, length: 48 }))
      : ed25519Jwk(deriveBytes({ secret, salt, label, length: 32 }));
  return importKeyPair(privateJwk, algorithm);
}

/** Imports a private JWK; its name, unless it has one, is the thumbprint of the public half (RFC 7638). */
export async function importKeyPair(
  privateJwk: JWK,
  algorithm: AsymmetricAlgorithm,
  name?: string,
): Promise<Required<KeyPair>> {
  const publicJwk = publicHalf(privateJwk, algorithm);
  const kid = name ?? (await calculateJwkThumbprint(publicJwk));
  const { use: _use, key_ops: _operations, alg: _alg, ...material } = privateJwk;
  const key = await crypto.subtle.importKey("jwk", { ...material, ext: false }, importParameters[algorithm], false, [
    "sign",
  ]);
  return { signing: { kid, algorithm, key }, verification: await importPublicJwk(publicJwk, kid), publicJwk };
}

/**
 * A symmetric key signs and verifies. Its name is made from its bytes with a label of its own, so that all who share the
 * key call it the same, and the name tells nothing of it.
 */
export async function hs256KeyPair(bytes: Uint8Array): Promise<KeyPair> {
  const kid = deriveBytes({ secret: bytes, label: "signet/1/kid/HS256", length: 16 }).toString("base64url");
  const importKey = (usage: "sign" | "verify") =>
    crypto.subtle.importKey("raw", new Uint8Array(bytes), { name: "HMAC", hash: "SHA-256" }, false, [usage]);
  const [signing, verification] = await Promise.all([importKey("sign"), importKey("verify")]);
  return {
    signing: { kid, algorithm: "HS256", key: signing },
    verification: { kid, algorithm: "HS256", key: verification },
  };
}

/** The HS256 key of this server alone: never the secret itself, and unrelated to every other key made from it. */
export function deriveHs256Bytes(secret: string): Uint8Array {
  return deriveBytes({ secret, label: "signet/1/sign/HS256", length: 32 });
}

/** FIPS 186-5 A.2.1: 128 bits more than the order has, so that the remainder is as good as uniform; d from 1 to n − 1. */
function p256Jwk(bytes: Buffer): JWK {
  const d = toBytes((toBigInt(bytes) % (p256Order - 1n)) + 1n, 32);
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(d);
  const point = curve.getPublicKey();
  return {
    kty: "EC",
    crv: "P-256",
    d: Buffer.from(d).toString("base64url"),
    x: point.subarray(1, 33).toString("base64url"),
    y: point.subarray(33).toString("base64url"),
  };
}

/** The bytes are the seed (RFC 8032 §5.1.5), wrapped as PKCS #8 (RFC 8410 §7) because that is how Node.js takes it. */
function ed25519Jwk(seed: Buffer): JWK {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({ format: "jwk" }) as JWK;
}
