// The cookies that hold refresh tokens. Each session has one of its own name, so that no late answer can overwrite or clear
// another session's. Only paths below /auth ever see them, and JavaScript never does.

import type { RefreshGrant } from "@signet/accounts";

const baseName = "signet_refresh_";
const securePrefix = "__Secure-";
/** 128 bits in base64url, as session ids are; anything else in a name is not ours. */
const sessionId = "[A-Za-z0-9_-]{22}";

export interface RefreshCookies {
  /** The refresh tokens of a request by session id, in the order in which they were sent. */
  read(request: Request): Map<string, string>;
  /** @see RFC 6265 §4.1 */
  set(sessionId: string, refresh: RefreshGrant): string;
  clear(sessionId: string): string;
}

export interface RefreshCookieOptions {
  /** Whether the public origin is https; outside it browsers would not take the cookie. */
  secure: boolean;
  /** Of the endpoints that read it. */
  path: string;
}

export function createRefreshCookies({ secure, path }: RefreshCookieOptions): RefreshCookies {
  const prefix = (secure ? securePrefix : "") + baseName;
  const pattern = new RegExp(`^${prefix}(${sessionId})=([A-Za-z0-9_-]{1,200})$`);
  const attributes = `Path=${path}; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;

  return {
    read(request) {
      const pairs = (request.headers.get("cookie") ?? "").split(";").flatMap((pair) => {
        const [, id, token] = pattern.exec(pair.trim()) ?? [];
        return id === undefined || token === undefined ? [] : [[id, token] as const];
      });
      return new Map(pairs);
    },
    set: (id, { token, maxAgeSeconds }) => `${prefix}${id}=${token}; Max-Age=${maxAgeSeconds}; ${attributes}`,
    clear: (id) => `${prefix}${id}=; Max-Age=0; ${attributes}`,
  };
}
