// What has to be settled wherever a browser's cookie is read or set: how the cookies are called, and whose pages may call.

import type { ApiServices } from "../context.ts";
import { createDeviceCookies, type DeviceCookies } from "./device-cookies.ts";
import { type AllowedOrigins, createAllowedOrigins } from "./origins.ts";
import { createRefreshCookies, type RefreshCookies } from "./refresh-cookies.ts";
import { createTransactionCookies, type TransactionCookies } from "./transaction-cookies.ts";

/** Below which path providers have theirs. */
export const providersPath = "/auth/oidc";

export interface BrowserCalls {
  cookies: RefreshCookies;
  devices: DeviceCookies;
  transactions: TransactionCookies;
  origins: AllowedOrigins;
}

const known = new WeakMap<ApiServices["origins"], BrowserCalls>();

/** Made once for a server's origins. */
export function browserCallsOf({ origins, basePath = "" }: Pick<ApiServices, "origins" | "basePath">): BrowserCalls {
  const secure = origins.own.startsWith("https:");
  const made = known.get(origins) ?? {
    cookies: createRefreshCookies({ secure, path: `${basePath}/auth` }),
    devices: createDeviceCookies({ secure, path: `${basePath}/api/trpc/auth.issueToken` }),
    transactions: createTransactionCookies({ secure, path: `${basePath}${providersPath}` }),
    origins: createAllowedOrigins([origins.own, ...origins.allowed]),
  };
  known.set(origins, made);
  return made;
}
