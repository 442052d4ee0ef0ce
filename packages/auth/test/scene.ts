// One issuer, one verifier, one right token: what every attack starts from and must not get past.

import { expect } from "vitest";
import type { AccessTokenClaims } from "../src/claims.ts";
import type { AuthErrorReason } from "../src/errors.ts";
import {
  exampleClaims,
  type FixedClock,
  fixedClock,
  fixedKeys,
  signedToken,
  type ThrowAwayKey,
  throwAwayKey,
} from "../src/testing.ts";
import type { SigningAlgorithm } from "../src/verification-keys.ts";
import { type AccessTokenVerifier, createAccessTokenVerifier } from "../src/verify-access-token.ts";

export const issuer = "https://issuer.example";
export const audience = "https://api.example";
export const startMs = Date.UTC(2027, 0, 15, 8);

export interface Scene {
  clock: FixedClock;
  key: ThrowAwayKey;
  claims: AccessTokenClaims;
  verifier: AccessTokenVerifier;
  /** The untampered twin. */
  token: string;
  /** Signs with the issuer's own key whatever it is given. */
  sign(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

export async function createScene(algorithm: SigningAlgorithm = "ES256"): Promise<Scene> {
  const clock = fixedClock(startMs);
  const key = await throwAwayKey(algorithm);
  const claims = exampleClaims(clock, { iss: issuer, aud: audience });
  const sign: Scene["sign"] = (payload, header) => signedToken(key.signing, payload, header);
  const verifier = createAccessTokenVerifier({
    issuer,
    audience,
    algorithms: [algorithm],
    keys: fixedKeys(key.verification),
    clock,
  });
  return { clock, key, claims, verifier, token: await sign(claims), sign };
}

/** The twin of every attack: what the issuer made, and nobody touched, is accepted. */
export async function expectTwinAccepted({ verifier, token, claims }: Scene): Promise<void> {
  expect(await verifier.verify(token)).toEqual(claims);
}

export async function expectRefusal(
  verification: Promise<unknown>,
  reason: AuthErrorReason,
  claim?: string,
): Promise<void> {
  await expect(verification).rejects.toMatchObject({ name: "AuthError", reason, claim });
}

/** The three parts of a compact JWS. */
export function partsOf(token: string): [header: string, payload: string, signature: string] {
  const [header = "", payload = "", signature = ""] = token.split(".");
  return [header, payload, signature];
}

export function base64url(value: string | Uint8Array): string {
  return Buffer.from(value).toString("base64url");
}

export function fromBase64url(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64url"));
}
