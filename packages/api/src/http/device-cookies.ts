// The cookies by which a device is known to accounts that signed in on it. They are no credential: only a sign-in reads them, to see
// whose budget it is charged to. Each account has one of its own name, so that accounts that share a browser keep theirs.

import { type DeviceMark, deviceMarkSeconds } from "@signet/accounts";
import type { RequestHeaders } from "../context.ts";

const baseName = "signet_device_";
const securePrefix = "__Secure-";
/** So many accounts are known on one browser; a shared one must not outgrow the headers that a server takes. */
const maxMarks = 10;

export interface DeviceCookies {
  /** The marks of a request by name, in the order in which they were sent: the oldest first. */
  read(request: RequestHeaders): Map<string, string>;
  /** The cookie of a new mark, and those that clear the oldest of the others where there are too many. */
  set(mark: DeviceMark, request: RequestHeaders): string[];
}

export interface DeviceCookieOptions {
  /** Whether the public origin is https; outside it browsers would not take the cookie. */
  secure: boolean;
  /** Of the one call that reads it. */
  path: string;
}

export function createDeviceCookies({ secure, path }: DeviceCookieOptions): DeviceCookies {
  const prefix = (secure ? securePrefix : "") + baseName;
  const pattern = new RegExp(`^${prefix}([A-Za-z0-9_-]{16})=([A-Za-z0-9._-]{1,200})$`);
  const attributes = `Path=${path}; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;

  function read(request: RequestHeaders): Map<string, string> {
    const pairs = (request.headers.get("cookie") ?? "").split(";").flatMap((pair) => {
      const [, name, mark] = pattern.exec(pair.trim()) ?? [];
      return name === undefined || mark === undefined ? [] : [[name, mark] as const];
    });
    return new Map(pairs);
  }

  return {
    read,
    set({ name, mark }, request) {
      const others = [...read(request).keys()].filter((other) => other !== name);
      const tooMany = others.slice(0, Math.max(0, others.length - (maxMarks - 1)));
      return [
        `${prefix}${name}=${mark}; Max-Age=${deviceMarkSeconds}; ${attributes}`,
        ...tooMany.map((other) => `${prefix}${other}=; Max-Age=0; ${attributes}`),
      ];
    },
  };
}
