// The access token in the storage that all tabs share. Whatever is there is looked at before it is used: somebody may have
// written anything, and a late answer may have written the token of somebody who has signed out.

import { type ClientStorage, tokenKey } from "./client-storage.ts";
import type { PageEvents } from "./page-events.ts";
import type { SignOuts } from "./sign-outs.ts";
import { decodeUnverified, type UnverifiedClaims } from "./token-shape.ts";

/** An access token and what it says of itself. */
export interface HeldToken {
  token: string;
  claims: UnverifiedClaims;
}

export interface StoredToken {
  /** What cannot be a token, or belongs to a session that was signed out here, is removed. */
  read(): { held: HeldToken | null; damaged: boolean };
  write(next: HeldToken): void;
  remove(): void;
}

export function createStoredToken(storage: ClientStorage, signOuts: SignOuts, events: PageEvents): StoredToken {
  return {
    read() {
      const token = storage.read(tokenKey);
      if (token === null) return { held: null, damaged: false };
      const held = heldFrom(token);
      if (held !== null && !signOuts.has(held.claims.sessionId)) return { held, damaged: false };
      storage.remove(tokenKey);
      if (held !== null) events.announce();
      return { held: null, damaged: held === null };
    },
    write: ({ token }) => storage.write(tokenKey, token),
    remove: () => storage.remove(tokenKey),
  };
}

/** Null for what cannot be a token. */
export function heldFrom(token: string | null): HeldToken | null {
  const claims = decodeUnverified(token);
  return token === null || claims === null ? null : { token, claims };
}
