import { authLink } from "@signet/client/trpc";
import { createTRPCClient, httpBatchStreamLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { EventSource } from "eventsource";
import { auth } from "./client.ts";
import type { AppRouter } from "./server.ts";

export const trpc = createTRPCClient<AppRouter>({
  links: [
    authLink({
      client: auth,
      url: `${process.env["APP_URL"] ?? "http://localhost:4000"}/trpc`,
      link: (own) =>
        splitLink({
          condition: (op) => op.type === "subscription",
          true: httpSubscriptionLink({ url: own.url, EventSource, eventSourceOptions: { fetch: own.fetch } }),
          false: httpBatchStreamLink(own),
        }),
    }),
  ],
});
