// A bounded memory of tokens whose signature and claims were right. It holds positive answers only, so nothing a stranger
// sends takes room; and it is never the last word: the caller checks time and key again on every hit.

import type { AccessTokenClaims } from "./claims.ts";
import type { VerificationKey } from "./verification-keys.ts";

export interface VerifiedToken {
  claims: AccessTokenClaims;
  /** NumericDate seconds. */
  notBefore: number;
  key: VerificationKey;
}

export interface VerifiedTokensOptions {
  /** The most tokens kept. */
  maxEntries: number;
  /** About how much memory they may take. */
  maxBytes: number;
}

export interface VerifiedTokens {
  find(token: string): VerifiedToken | undefined;
  remember(token: string, verified: VerifiedToken): void;
  forget(token: string): void;
}

/** The parsed claims, beside the token's own text: about 550 bytes for a token of our own, more for larger ones. */
const bytesBesidesText = 2048;

/** Least recently used goes first. A Map keeps the order of insertion, so using an entry means inserting it again. */
export function createVerifiedTokens({ maxEntries, maxBytes }: VerifiedTokensOptions): VerifiedTokens {
  const entries = new Map<string, VerifiedToken>();
  let bytes = 0;

  function forget(token: string): void {
    if (entries.delete(token)) bytes -= sizeOf(token);
  }

  return {
    find(token) {
      const entry = entries.get(token);
      if (entry === undefined) return undefined;
      entries.delete(token);
      entries.set(token, entry);
      return entry;
    },
    remember(token, verified) {
      forget(token);
      if (sizeOf(token) > maxBytes) return;
      entries.set(detached(token), verified);
      bytes += sizeOf(token);
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && bytes <= maxBytes) break;
        forget(oldest);
      }
    },
    forget,
  };
}

function sizeOf(token: string): number {
  return token.length + bytesBesidesText;
}

/** A text of its own: engines keep the whole header alive behind a slice of it, spaces and all. */
function detached(token: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(token));
}
