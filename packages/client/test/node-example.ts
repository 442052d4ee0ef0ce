import type { AppRouter } from "@signet/api";
import { createAuthClient } from "@signet/client";
import { authLink } from "@signet/client/trpc";
import { createTRPCClient } from "@trpc/client";

const client = createAuthClient({ baseUrl: process.env["SIGNET_URL"] ?? "http://localhost:3000" });
const api = createTRPCClient<AppRouter>({ links: [authLink({ client })] });

await client.signIn({ username: "ada", password: process.env["ADA_PASSWORD"] ?? "" });
export const ada = await api.auth.whoami.query(); // { subject, username: "ada", … }

await client.signOut();
export const refused = await api.auth.whoami.query().catch((error: unknown) => error); // reason: token_missing
