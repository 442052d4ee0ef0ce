// Reads a token without proving anything about it: only the server, or a holder of the public keys, can do that.

/** Longer ones are refused by every verifier, so they are not kept here either. */
export const maxTokenLength = 8 * 1024;

const compactJws = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** What a client may want to know ahead of the server's answer. Times are NumericDate seconds. */
export interface UnverifiedClaims {
  subject: string;
  username: string;
  scope: string[];
  sessionId: string;
  issuedAt: number;
  expiresAt: number;
}

/**
 * Reads the claims of an access token. Does **not** check the signature, the time or anything else: whoever writes to
 * this browser's storage can write any claims.
 *
 * @returns null for anything that is not a compact JWS whose payload has the claims of an access token.
 */
export function decodeUnverified(token: unknown): UnverifiedClaims | null {
  if (typeof token !== "string" || token.length > maxTokenLength || !compactJws.test(token)) return null;
  const payload = readJson(token.split(".")[1] ?? "");
  if (payload === null) return null;
  const { sub, exp, iat, sid, scope, preferred_username: username } = payload;
  if (typeof sub !== "string" || typeof sid !== "string") return null;
  if (!isTime(exp) || !isTime(iat)) return null;
  return {
    subject: sub,
    username: typeof username === "string" ? username : sub,
    scope: typeof scope === "string" ? scope.split(" ").filter((word) => word !== "") : [],
    sessionId: sid,
    issuedAt: iat,
    expiresAt: exp,
  };
}

function readJson(segment: string): Record<string, unknown> | null {
  try {
    const bytes = Uint8Array.from(atob(segment.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
