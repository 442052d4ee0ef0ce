// What the key ring needs from storage. The table holds no private key: key n is derived again from a secret and the
// row's salt (`signing-keys.ts`), so neither the table nor the secret alone is enough.

import type { JWK } from "jose";

/** Algorithms whose public half can be published. HS256 has no row: nothing of it is ever stored. */
export type AsymmetricAlgorithm = "ES256" | "Ed25519" | "RS256";

/** One signing key, without its private half. */
export interface SigningKeyRecord {
  /** 1, 2, 3 …: part of what the key is derived from, so it is never used twice. */
  number: number;
  algorithm: AsymmetricAlgorithm;
  /** RFC 7638 thumbprint of `publicJwk`. */
  kid: string;
  publicJwk: JWK;
  /** 32 random bytes. */
  salt: Uint8Array;
  /** Names the secret the key was derived from, without telling it. */
  secretId: string;
  /** In the JWKS from here on. */
  publishedAt: Date;
  /** May sign from here on. */
  activeAt: Date;
  /** Signs no more from here on; verifies until the last token it signed has ended. */
  retiredAt: Date | null;
  /** Refused from here on. */
  revokedAt: Date | null;
}

/** A key to be added; its times count from the database's clock. */
export type NewSigningKey = Pick<
  SigningKeyRecord,
  "number" | "algorithm" | "kid" | "publicJwk" | "salt" | "secretId"
> & {
  /** Seconds between being published and the first signature; 0 where there is nothing older to sign with. */
  activeAfterSeconds: number;
};

export interface SigningKeyStore {
  /** All keys by number, and the database's clock in milliseconds since the epoch. */
  listKeys(): Promise<{ keys: SigningKeyRecord[]; now: number }>;

  /**
   * Adds the key unless its number is taken: of several processes that add one at once exactly one wins, and all others read its
   * row. Older keys of the same secret and algorithm that would sign then are retired from the moment on when it begins to sign.
   */
  insertKey(key: NewSigningKey): Promise<void>;

  /**
   * Revokes keys, and tells everybody who follows revocations, all or nothing. By `secretId`, for a secret that has leaked, the
   * sessions whose refresh token was made with it end as well. A `kid` need not be in the table: operators' keys are not.
   *
   * @returns what was not revoked before
   */
  revokeKeys(which: WhichKeys): Promise<RevokedKeys>;
}

export type WhichKeys = { kid: string } | { secretId: string };

export interface RevokedKeys {
  kids: string[];
  /** How many sessions ended with them. */
  sessions: number;
}
