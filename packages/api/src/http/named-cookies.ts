// Cookies of ours that have a name of their own for each thing they are about: read from a request, set and cleared in an answer. No
// script sees them, and only one path gets them.

import type { RequestHeaders } from "../context.ts";

const securePrefix = "__Secure-";

export interface NamedCookies {
  /** Their values by what follows in the name, in the order in which they were sent: the oldest first. */
  read(request: RequestHeaders): Map<string, string>;
  /** @see RFC 6265 §4.1 */
  set(name: string, value: string, maxAgeSeconds: number): string;
  clear(name: string): string;
}

/** What the operator's settings say of cookies. */
export interface CookieOptions {
  /** Whether the public origin is https; outside it browsers would not take the cookie. */
  secure: boolean;
  /** Of the endpoints that read it. */
  path: string;
  /** `Lax` for one that must come along when another site sends the browser here. Default `Strict`. */
  sameSite?: "Strict" | "Lax";
}

/** @param shape Regular expressions; what follows the base in a name, and a value, that are not so are not ours. */
export function createNamedCookies(
  base: string,
  shape: { name: string; value: string },
  { secure, path, sameSite = "Strict" }: CookieOptions,
): NamedCookies {
  const prefix = (secure ? securePrefix : "") + base;
  const pattern = new RegExp(`^${prefix}(${shape.name})=(${shape.value})$`);
  const attributes = `Path=${path}; HttpOnly; SameSite=${sameSite}${secure ? "; Secure" : ""}`;
  const set = (name: string, value: string, maxAgeSeconds: number) =>
    `${prefix}${name}=${value}; Max-Age=${maxAgeSeconds}; ${attributes}`;

  return {
    read(request) {
      const pairs = (request.headers.get("cookie") ?? "").split(";").flatMap((pair) => {
        const [, name, value] = pattern.exec(pair.trim()) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value] as const];
      });
      return new Map(pairs);
    },
    set,
    clear: (name) => set(name, "", 0),
  };
}
