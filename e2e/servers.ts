// The servers that the tests talk to: the production build with settings as people have them.

import { randomBytes } from "node:crypto";

const server = (port: number, env: Record<string, string> = {}) => ({
  url: `http://localhost:${port}`,
  // Everybody here comes from one address.
  env: { PORT: String(port), LOG_LEVEL: "warn", SIGN_UPS_PER_ADDRESS: "100000", ...env },
});

/** The notes service's own; both servers are told when they start. */
const client = { id: "notes", secret: randomBytes(32).toString("base64url") };

/** Made by the process that starts the servers, and known to those that run the tests. */
function sharedSecret(name: string): string {
  const variable = `E2E_${name}_SECRET`;
  const secret = process.env[variable] ?? randomBytes(32).toString("base64url");
  process.env[variable] = secret;
  return secret;
}

/** Where else people may sign in: an OpenID provider, as much of GitHub as that takes, and one that is never there. */
export const providers = {
  example: { url: "http://localhost:3908", clientId: "signet", clientSecret: sharedSecret("EXAMPLE") },
  github: { url: "http://localhost:3909", clientId: "signet-app", clientSecret: sharedSecret("GITHUB") },
  away: { url: "http://localhost:3910", clientId: "signet" },
};

/** What tells a server of them. */
export const providerSettings = {
  OIDC_EXAMPLE_ISSUER: providers.example.url,
  OIDC_EXAMPLE_CLIENT_ID: providers.example.clientId,
  OIDC_EXAMPLE_CLIENT_SECRET: providers.example.clientSecret,
  OIDC_EXAMPLE_LABEL: "Example ID",
  OIDC_TOWN_HALL_ISSUER: providers.away.url,
  OIDC_TOWN_HALL_CLIENT_ID: providers.away.clientId,
};

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
  /** People may sign in with providers too. */
  providers: server(3907, {
    ...providerSettings,
    GITHUB_URL: providers.github.url,
    GITHUB_CLIENT_ID: providers.github.clientId,
    GITHUB_CLIENT_SECRET: providers.github.clientSecret,
  }),
};

/** Pages and API on two origins, which a test starts itself. */
export const elsewhere = { pagesUrl: "http://localhost:3914", apiUrl: "http://localhost:3915" };

/** The providers, in one process of their own; each knows where it may send people back to. */
export const providerServer = {
  url: `${providers.example.url}/.well-known/openid-configuration`,
  env: {
    PROVIDERS: JSON.stringify({
      example: {
        port: Number(new URL(providers.example.url).port),
        clients: [
          {
            clientId: providers.example.clientId,
            clientSecret: providers.example.clientSecret,
            redirectUris: [servers.providers.url, elsewhere.apiUrl].map((api) => `${api}/auth/oidc/example/callback`),
          },
        ],
      },
      github: {
        port: Number(new URL(providers.github.url).port),
        clientId: providers.github.clientId,
        clientSecret: providers.github.clientSecret,
        redirectUri: `${servers.providers.url}/auth/oidc/github/callback`,
      },
    }),
  },
};

/** The notes service, which trusts the main server. */
export const notesServer = server(3906, {
  ISSUER_URL: servers.main.url,
  CLIENT_ID: client.id,
  CLIENT_SECRET: client.secret,
});
