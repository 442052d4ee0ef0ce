// Refresh tokens: version ‖ session id ‖ counter ‖ MAC. They are made, not drawn: whoever holds the secret and the row can make
// the same one again, and nobody who holds just one of the two can make any.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { deriveBytes, secretId } from "@signet/auth/keys";

const version = 1;
const sessionIdBytes = 16;
const counterBytes = 4;
const macBytes = 32;
const headBytes = 1 + sessionIdBytes + counterBytes;
const tokenBytes = headBytes + macBytes;
const tokenLength = Math.ceil((tokenBytes * 4) / 3);
const tokenShape = new RegExp(`^[A-Za-z0-9_-]{${tokenLength}}$`);
const keyBytes = 32;

/** What a token says before anybody has checked it. */
export interface ParsedRefreshToken {
  sessionId: string;
  counter: number;
  mac: Uint8Array;
}

/** What goes into a token's MAC. */
export interface RefreshTokenParts {
  sessionId: string;
  counter: number;
  userId: string;
  salt: Uint8Array;
}

export interface RefreshTokens {
  /** The id of the secret that makes new tokens. */
  readonly secretId: string;
  holds(secretId: string): boolean;
  /**
   * Makes the token of these parts: the same parts and secret always give the same token.
   *
   * @param madeWith The id of the secret. Default the first one.
   * @throws TypeError for a secret that is not held
   */
  make(parts: RefreshTokenParts, madeWith?: string): string;
  /** Whether one of the secrets held has made this token. */
  isMadeHere(token: ParsedRefreshToken, of: Pick<RefreshTokenParts, "userId" | "salt">): boolean;
}

/** @param secrets The first makes tokens, the others are still accepted. */
export function createRefreshTokens(secrets: readonly string[]): RefreshTokens {
  const [first, ...others] = secrets;
  if (first === undefined) throw new TypeError("secrets must be a list of at least one.");
  const keys = new Map([first, ...others].map((secret) => [secretId(secret), keyOf(secret)]));
  const firstId = secretId(first);

  return {
    secretId: firstId,
    holds: (id) => keys.has(id),
    make(parts, madeWith = firstId) {
      const key = keys.get(madeWith);
      if (key === undefined) throw new TypeError("This secret is not held.");
      return Buffer.concat([headOf(parts), macOf(key, parts)]).toString("base64url");
    },
    isMadeHere({ sessionId, counter, mac }, { userId, salt }) {
      const parts = { sessionId, counter, userId, salt };
      return [...keys.values()].some((key) => timingSafeEqual(macOf(key, parts), mac));
    },
  };
}

/** Reads a token of exactly the one spelling that `make` gives; anything else is `undefined`. Proves nothing. */
export function parseRefreshToken(text: string): ParsedRefreshToken | undefined {
  if (!tokenShape.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("base64url") !== text || bytes[0] !== version) return undefined;
  return {
    sessionId: bytes.subarray(1, 1 + sessionIdBytes).toString("base64url"),
    counter: bytes.readUInt32BE(1 + sessionIdBytes),
    mac: bytes.subarray(headBytes),
  };
}

/** SHA-256 in base64url: what a database keeps of a token or of an attempt. It is of no use as either. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

function keyOf(secret: string): Buffer {
  return deriveBytes({ secret, label: "signet/1/refresh-token", length: keyBytes });
}

function headOf({ sessionId, counter }: Pick<RefreshTokenParts, "sessionId" | "counter">): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt8(version);
  const id = Buffer.from(sessionId, "base64url");
  if (id.length !== sessionIdBytes) throw new TypeError("A session id has 16 bytes.");
  id.copy(head, 1);
  head.writeUInt32BE(counter, 1 + sessionIdBytes);
  return head;
}

/** Everything before the user id has a fixed length, so that no two sets of parts give the same bytes. */
function macOf(key: Buffer, parts: RefreshTokenParts): Buffer {
  return createHmac("sha256", key).update(headOf(parts)).update(parts.salt).update(parts.userId).digest();
}
