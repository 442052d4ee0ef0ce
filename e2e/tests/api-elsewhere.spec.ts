// The page at APP_URL, the API in a process of its own at API_URL: the same site, another origin.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, newPerson, signIn, test } from "../fixtures.ts";

const pagesUrl = "http://localhost:3912";
const apiUrl = "http://localhost:3913";
/** The first start makes a database, beside whatever else the machine is doing. */
const startLimitMs = 150_000;
const running: ChildProcess[] = [];

async function start(app: string, url: string, settings: Record<string, string>): Promise<void> {
  const args = ["serve.mjs", app];
  const env = { ...process.env, ...settings, PORT: new URL(url).port, APP_URL: pagesUrl, LOG_LEVEL: "warn" };
  running.push(spawn(process.execPath, args, { env, stdio: "ignore" }));
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

test("with API_URL the browser calls the API there, and none on the page's own origin: sign-in, refresh, sign-out", async ({
  page,
}, testInfo) => {
  test.setTimeout(3 * startLimitMs);
  const DATA_DIR = testInfo.outputPath("data");
  await start("web/dist/server/main.js", pagesUrl, { DATA_DIR, API_URL: apiUrl, ACCESS_TOKEN_TTL_SECONDS: "4" });
  await start("api/dist/main.js", apiUrl, { DATA_DIR, WORKERS: "1", ACCESS_TOKEN_TTL_SECONDS: "4" });
  const person = await newPerson(apiUrl);

  const asked: string[] = [];
  page.on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    if (/^\/(?:api|auth)\//.test(pathname)) asked.push(`${origin} ${pathname}`);
  });
  const refreshed = page.waitForResponse(`${apiUrl}/auth/refresh`, { timeout: 30_000 });
  await page.goto(`${pagesUrl}/sign-in`);
  await signIn(page, person);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
  expect((await refreshed).status()).toBe(200);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);

  await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  // The page does not wait for the answer that takes the cookie away.
  await expect
    .poll(async () => (await page.context().cookies()).filter(({ name }) => name.includes("signet_refresh")))
    .toEqual([]);
  expect(asked.map((request) => request.split(" ")[0])).toEqual(asked.map(() => apiUrl));
  expect(asked).toEqual(
    expect.arrayContaining(["auth.issueToken", "auth.whoami"].map((call) => `${apiUrl} /api/trpc/${call}`)),
  );
});
