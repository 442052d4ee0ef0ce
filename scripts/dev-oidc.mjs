// npm run dev:oidc: the app as npm start serves it, and beside it a provider to sign in with. Nothing is registered anywhere: the
// provider runs on this machine alone, and its client's secret is a new one each time.

import "./node-version.mjs";
import { randomBytes } from "node:crypto";

const { build, install } = await import("./prepare.mjs");
const { stop } = await import("./run.mjs");
await install();
await build();

const { env } = process;
const label = "Example ID";
const port = Number(env.PROVIDER_PORT ?? 3003);
const appUrl = env.APP_URL ?? `http://localhost:${env.PORT ?? 3000}`;
const client = {
  clientId: "signet-dev",
  clientSecret: randomBytes(32).toString("base64url"),
  name: "Signet",
  redirectUris: [`${env.API_URL ?? appUrl}/auth/oidc/example/callback`],
};

const { startDevProvider } = await import("../dev-provider/dist/index.js");
const provider = await startDevProvider({ port, title: label, clients: [client] }).catch((error) =>
  stop(
    error.code === "EADDRINUSE"
      ? `Port ${port} is taken. Choose another one for the provider: PROVIDER_PORT=3013 npm run dev:oidc`
      : `The provider did not start: ${error.message}`,
  ),
);

env.NODE_ENV = "production";
env.NEXT_TELEMETRY_DISABLED = "1";
env.OIDC_EXAMPLE_ISSUER = provider.issuer;
env.OIDC_EXAMPLE_CLIENT_ID = client.clientId;
env.OIDC_EXAMPLE_CLIENT_SECRET = client.clientSecret;
env.OIDC_EXAMPLE_LABEL = label;
process.setSourceMapsEnabled(true);
// In this very process: on Ctrl-C and SIGTERM the app stops cleanly and ends the process, and with it the provider.
await import("../apps/web/dist/server/main.js");

process.stdout.write(`  ${label} is at ${provider.issuer}. To try it:

  1. Open ${appUrl}/sign-in and choose "${label}".
  2. Type any name there: each is a person, without a password. "Cancel" comes back with nothing.
  3. The first time you are asked for a username here; after that you are signed in at once.
  4. On ${appUrl}/account you see your ways to sign in, and can link and unlink this one.

`);
