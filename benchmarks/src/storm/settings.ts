// What the issuer's own work is measured with.

import { randomBytes } from "node:crypto";
import { type Accounts, createAccounts, type IssuedToken, type PasswordHasher } from "@signet/accounts";
import { systemClock } from "@signet/auth/clock";
import { createAccessTokenSigner } from "@signet/auth/sign";
import { throwAwayKey } from "@signet/auth/testing";
import type { Database } from "@signet/db";

export const password = "correct horse battery staple";
export const client = { device: null, address: null };

const issuer = "https://issuer.example";
const daySeconds = 24 * 60 * 60;

export async function accountsOn({ accounts: store }: Database, hasher: PasswordHasher): Promise<Accounts> {
  const { signing } = await throwAwayKey("ES256");
  const keys = { signingKey: () => signing };
  return createAccounts({
    store,
    signer: createAccessTokenSigner({ issuer, audience: [issuer], keys, clock: systemClock, ttlSeconds: 300 }),
    hasher,
    clock: systemClock,
    secrets: [randomBytes(48).toString("base64url")],
    passwordMinLength: 15,
    sessionMaxSeconds: 30 * daySeconds,
    sessionIdleSeconds: 7 * daySeconds,
  });
}

export function refreshTokenOf({ refresh }: IssuedToken): string {
  if (refresh === null) throw new Error("There is no refresh token.");
  return refresh.token;
}
