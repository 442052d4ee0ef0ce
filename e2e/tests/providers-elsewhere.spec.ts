// Signing in with a provider where the API is on another origin than the pages; and what its processes write down of it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "../fixtures.ts";
import { continueWith, newName, sayWho, watchRequests } from "../provider-visit.ts";
import { elsewhere, providerSettings } from "../servers.ts";

const { pagesUrl, apiUrl } = elsewhere;
/** The first start makes a database, beside whatever else the machine is doing. */
const startLimitMs = 150_000;
const running: ChildProcess[] = [];
let written = "";

test.use({ baseURL: pagesUrl });

async function start(app: string, url: string, settings: Record<string, string>): Promise<void> {
  const env = { ...process.env, ...providerSettings, ...settings, PORT: new URL(url).port, APP_URL: pagesUrl };
  const child = spawn(process.execPath, ["serve.mjs", app], {
    env: { ...env, API_URL: apiUrl, LOG_LEVEL: "trace" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (written += String(chunk)));
  running.push(child);
  const ready = () =>
    fetch(`${url}/readyz`).then(
      ({ status }) => status,
      () => 0,
    );
  await expect.poll(ready, { timeout: startLimitMs }).toBe(200);
}

test.afterEach(async () => {
  // The last one first: the first one has the database.
  for (const child of running.splice(0).toReversed()) {
    if (child.exitCode !== null) continue;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
});

test("with API_URL the way leads over the API there; no log, Referer or address of ours keeps what is secret (OAU-12)", async ({
  page,
}, testInfo) => {
  test.setTimeout(3 * startLimitMs);
  const DATA_DIR = testInfo.outputPath("data");
  await start("web/dist/server/main.js", pagesUrl, { DATA_DIR });
  await start("api/dist/main.js", apiUrl, { DATA_DIR, WORKERS: "1" });

  const seen = watchRequests(page);
  const origins = new Set<string>();
  page.on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    if (/^\/(?:api|auth)\//.test(pathname) && origin !== new URL(providerSettings.OIDC_EXAMPLE_ISSUER).origin) {
      origins.add(origin);
    }
  });
  const name = newName();
  await page.goto("/sign-up?return_to=%2Faccount");
  await continueWith(page, "Example ID", name);
  await page.getByRole("button", { name: "Create the account" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("button", { name: "Continue with Example ID" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText(/without signing in there/)).toBeVisible();
  await page.getByRole("button", { name: "Continue with Example ID" }).click();
  await sayWho(page, name);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);

  expect([...origins]).toEqual([apiUrl]);
  // For each of the two: state and code of the provider, code and verifier of ours; and the state of the one that was cancelled.
  expect(seen.secrets.size).toBe(9);
  // They do write, and of this too.
  expect(written).toContain("provider");
  for (const secret of seen.secrets) {
    expect(written).not.toContain(secret);
    expect(seen.referers.filter((text) => text.includes(secret))).toEqual([]);
  }
});
