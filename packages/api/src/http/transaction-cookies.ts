// The cookies that a browser keeps while its person is away at a provider: one for each sign-in that it began. They are no credential: what
// they are for is to know this browser again. Another site sends the person back, so they are `Lax`, and only the callback reads them.

import { type KeptTransaction, providerTransactionSeconds } from "@signet/accounts";
import type { RequestHeaders } from "../context.ts";
import { type CookieOptions, createNamedCookies } from "./named-cookies.ts";

/** A name holds the `state`: 128 bits in base64url. */
const shape = { name: "[A-Za-z0-9_-]{22}", value: "[A-Za-z0-9._-]{1,3500}" };
/** So many at once, each in a tab of its own; the oldest is forgotten. */
const maxTransactions = 3;

export interface TransactionCookies {
  /** By `state`. */
  read(request: RequestHeaders): Map<string, string>;
  /** The cookie of a new one, and those that clear the oldest where there are too many. */
  set(kept: KeptTransaction, request: RequestHeaders): string[];
  clear(id: string): string;
}

export function createTransactionCookies(options: Omit<CookieOptions, "sameSite">): TransactionCookies {
  const { read, set, clear } = createNamedCookies("signet_provider_", shape, { ...options, sameSite: "Lax" });
  return {
    read,
    set({ id, value }, request) {
      const tooMany = [...read(request).keys()].slice(0, -(maxTransactions - 1));
      return [set(id, value, providerTransactionSeconds), ...tooMany.map(clear)];
    },
    clear,
  };
}
