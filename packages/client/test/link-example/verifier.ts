// Believes the paper server's tokens, until a test ends them.

import { AuthError, type AuthErrorReason } from "@signet/auth/errors";
import { exampleClaims } from "@signet/auth/testing";
import type { AccessTokenVerifier } from "@signet/auth/verify";
import { decodeUnverified } from "../../src/index.ts";

export const ended = new Map<string, AuthErrorReason>();

async function verify(token: string) {
  const claims = decodeUnverified(token);
  const reason = claims === null ? "token_invalid" : ended.get(token);
  if (claims === null || reason !== undefined) throw new AuthError(reason ?? "token_invalid", "Not this one.");
  const { subject, sessionId, username } = claims;
  return exampleClaims(Date.now, { sub: subject, sid: sessionId, preferred_username: username });
}

export const verifier: AccessTokenVerifier = { verify, verifyIgnoringExpiry: verify };
