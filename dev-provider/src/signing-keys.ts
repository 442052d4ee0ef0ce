// The key that a provider signs with.

import { randomUUID } from "node:crypto";
import { CompactSign, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";

export type DevAlgorithm = "RS256" | "ES256";

export interface SigningKey {
  /** With its private members. */
  jwk: JWK;
  /** Signs what it is given, right or wrong, in a header that names this key unless it says otherwise. */
  sign(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

export async function createSigningKey(algorithm: DevAlgorithm): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: algorithm, use: "sig" };
  const key = await importJWK(jwk, algorithm);
  const ownHeader = { alg: algorithm, kid: jwk.kid };
  return {
    jwk,
    sign: (claims, header = ownHeader) =>
      new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ alg: algorithm, ...header }).sign(key),
  };
}
