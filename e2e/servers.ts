// The servers that the tests talk to: the production build with settings as people have them.

import { randomBytes } from "node:crypto";

const server = (port: number, env: Record<string, string> = {}) => ({
  url: `http://localhost:${port}`,
  // Everybody here comes from one address.
  env: { PORT: String(port), LOG_LEVEL: "warn", SIGN_UPS_PER_ADDRESS: "100000", ...env },
});

/** The notes service's own; both servers are told when they start. */
const client = { id: "notes", secret: randomBytes(32).toString("base64url") };

export const servers = {
  /** As it comes, and with another service that trusts it. */
  main: server(3901, {
    RESOURCE_SERVER_URL: "http://localhost:3906",
    RESOURCE_SERVER_CLIENTS: `${client.id}:${client.secret}`,
  }),
  /** For a backend that hands over a raw token in the query string. */
  handOver: server(3902, { ACCEPT_TOKEN_FROM_QUERY: "true" }),
  /** Its tokens end while one looks on. */
  shortLived: server(3903, { ACCESS_TOKEN_TTL_SECONDS: "4" }),
  /** The same, behind a network that a test makes: people use `url`, the server listens at `target`. */
  lossy: {
    ...server(3905, { ACCESS_TOKEN_TTL_SECONDS: "4", APP_URL: "http://localhost:3904" }),
    url: "http://localhost:3904",
    target: "http://localhost:3905",
  },
};

/** The notes service, which trusts the main server. */
export const notesServer = server(3906, {
  ISSUER_URL: servers.main.url,
  CLIENT_ID: client.id,
  CLIENT_SECRET: client.secret,
});
