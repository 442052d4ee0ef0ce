// How the API's calls are sent: together, save for one that asks the database. What a token says is not to wait for that.

import type { AppRouter } from "@signet/api";
import type { SendingLinkOptions } from "@signet/client/trpc";
import { httpBatchLink, httpLink, splitLink, type TRPCLink } from "@trpc/client";

export function apiLink(own: SendingLinkOptions): TRPCLink<AppRouter> {
  return splitLink({
    condition: ({ path }) => path === "auth.listSignInMethods",
    true: httpLink(own),
    false: httpBatchLink(own),
  });
}
