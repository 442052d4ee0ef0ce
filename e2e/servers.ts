// The servers that the tests talk to: the production build with settings as people have them.

const server = (port: number, env: Record<string, string> = {}) => ({
  url: `http://localhost:${port}`,
  env: { PORT: String(port), LOG_LEVEL: "warn", ...env },
});

export const servers = {
  /** As it comes. */
  main: server(3901),
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
