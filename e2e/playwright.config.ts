import { defineConfig, devices } from "@playwright/test";
import { notesServer, providerServer, servers } from "./servers.ts";

/** Says when a server of ours can be used. */
const readinessOf = ({ PORT }: { PORT: string }) => `http://localhost:${PORT}/readyz`;

const executablePath = process.env["CHROMIUM_PATH"];

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  fullyParallel: true,
  workers: 2,
  // Room for a busy machine. What must be quick is measured inside the page.
  timeout: 60_000,
  expect: { timeout: 15_000 },
  // A test that fails once has failed.
  retries: 0,
  forbidOnly: process.env["CI"] !== undefined,
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    baseURL: servers.main.url,
    // A trace of every test, kept or not, doubles the time that all take; `--trace on` makes one.
    screenshot: "only-on-failure",
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        // Chromium's sandbox needs a user that is not root.
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  webServer: [
    ...Object.values(servers).map(({ env }) => ({ command: "node serve.mjs", env, url: readinessOf(env) })),
    // After the one whose keys it needs.
    {
      command: "node serve.mjs resource-server/dist/main.js",
      env: notesServer.env,
      url: readinessOf(notesServer.env),
    },
    { command: "node serve-providers.mjs", ...providerServer },
  ].map(({ command, env, url }) => ({
    command,
    env,
    url,
    reuseExistingServer: false,
    gracefulShutdown: { signal: "SIGTERM" as const, timeout: 15_000 },
    timeout: 60_000,
  })),
});
