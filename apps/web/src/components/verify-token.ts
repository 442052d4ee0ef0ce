// Verifies a token right here in the browser, with the very code that servers use and nothing but public keys. Loaded only
// when there is a token to verify.

import { AuthError } from "@signet/auth/errors";
import { createAccessTokenVerifier, createVerificationKeys } from "@signet/auth/verify";

export type Verdict = "genuine" | "expired" | "not_genuine" | "malformed" | "no_keys";

export interface Issuer {
  jwksUrl: string;
  issuer: string;
  audience: string[];
}

export async function verifyToken(token: string, { jwksUrl, issuer, audience }: Issuer): Promise<Verdict> {
  try {
    // Asked for anew: with an answer that was kept comes a date of long ago.
    const response = await fetch(jwksUrl, { cache: "no-cache", credentials: "omit", redirect: "error" });
    if (!response.ok) return "no_keys";
    // The date of this device may be wrong; the server's is the one that the token's times were taken from.
    const serverMs = Date.parse(response.headers.get("date") ?? "");
    const nowMs = Number.isNaN(serverMs) ? Date.now() : serverMs;
    const verifier = createAccessTokenVerifier({
      issuer,
      audience,
      algorithms: ["ES256", "Ed25519", "RS256"],
      keys: await createVerificationKeys(await response.json()),
      clock: () => nowMs,
      // The token may have been sealed in the second that the answer's date is rounded down to.
      clockToleranceSeconds: 1,
      cache: false,
    });
    await verifier.verify(token);
    return "genuine";
  } catch (error) {
    return error instanceof AuthError ? verdictOf(error) : "no_keys";
  }
}

function verdictOf({ reason }: AuthError): Verdict {
  if (reason === "token_expired") return "expired";
  if (reason === "token_malformed") return "malformed";
  return reason === "keys_unavailable" ? "no_keys" : "not_genuine";
}
