// The cookies by which a device is known to accounts that signed in on it. They are no credential: only a sign-in reads them, to see
// whose budget it is charged to. Each account has one of its own name, so that accounts that share a browser keep theirs.

import { type DeviceMark, deviceMarkSeconds } from "@signet/accounts";
import type { RequestHeaders } from "../context.ts";
import { type CookieOptions, createNamedCookies } from "./named-cookies.ts";

/** A name holds what the mark calls itself: 96 bits in base64url. */
const shape = { name: "[A-Za-z0-9_-]{16}", value: "[A-Za-z0-9._-]{1,200}" };
/** So many accounts are known on one browser; a shared one must not outgrow the headers that a server takes. */
const maxMarks = 10;

export interface DeviceCookies {
  /** The marks of a request by name, in the order in which they were sent: the oldest first. */
  read(request: RequestHeaders): Map<string, string>;
  /** The cookie of a new mark, and those that clear the oldest of the others where there are too many. */
  set(mark: DeviceMark, request: RequestHeaders): string[];
}

export function createDeviceCookies(options: CookieOptions): DeviceCookies {
  const { read, set, clear } = createNamedCookies("signet_device_", shape, options);
  return {
    read,
    set({ name, mark }, request) {
      const others = [...read(request).keys()].filter((other) => other !== name);
      const tooMany = others.slice(0, Math.max(0, others.length - (maxMarks - 1)));
      return [set(name, mark, deviceMarkSeconds), ...tooMany.map(clear)];
    },
  };
}
