import { createAuthClient } from "@signet/client";
import { authLink } from "@signet/client/trpc";
import { createTRPCClient } from "@trpc/client";
import type { AppRouter } from "./server.ts";

const app = process.env["APP_URL"] ?? "http://localhost:4000";
const signet = process.env["SIGNET_URL"] ?? "http://localhost:3000";

export const auth = createAuthClient({ baseUrl: signet, bearerOrigins: [app] });
export const trpc = createTRPCClient<AppRouter>({ links: [authLink({ client: auth, url: `${app}/trpc` })] });
