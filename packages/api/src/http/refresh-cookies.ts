// The cookies that hold refresh tokens. Each session has one of its own name, so that no late answer can overwrite or clear
// another session's. Only paths below /auth ever see them, and JavaScript never does.

import type { RefreshGrant } from "@signet/accounts";
import type { RequestHeaders } from "../context.ts";
import { type CookieOptions, createNamedCookies } from "./named-cookies.ts";

/** A name holds a session id: 128 bits in base64url. */
const shape = { name: "[A-Za-z0-9_-]{22}", value: "[A-Za-z0-9_-]{1,200}" };

/** A browser has one for each sign-in that has not ended; more than these are not looked at. */
const maxTokens = 10;

export interface RefreshCookies {
  /** The refresh tokens of a request by session id, in the order in which they were sent: the newest ten. */
  read(request: RequestHeaders): Map<string, string>;
  set(sessionId: string, refresh: RefreshGrant): string;
  clear(sessionId: string): string;
}

export function createRefreshCookies(options: CookieOptions): RefreshCookies {
  const { read, set, clear } = createNamedCookies("signet_refresh_", shape, options);
  return {
    read: (request) => new Map([...read(request)].slice(-maxTokens)),
    set: (id, { token, maxAgeSeconds }) => set(id, token, maxAgeSeconds),
    clear,
  };
}
