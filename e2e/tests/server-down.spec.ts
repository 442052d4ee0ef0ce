import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, keepToken, newPerson, test } from "../fixtures.ts";

const port = 3910;
const url = `http://localhost:${port}`;
/** The first start makes a database, beside whatever else the machine is doing: a matter of 10 s, or of a minute under load. */
const startLimitMs = 150_000;
let server: ChildProcess | undefined;

async function start(dataDir: string): Promise<void> {
  server = spawn(process.execPath, ["serve.mjs"], {
    env: { ...process.env, PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: "warn" },
    stdio: "ignore",
  });
  await expect
    .poll(
      () =>
        fetch(`${url}/readyz`).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: startLimitMs },
    )
    .toBe(200);
}

async function stop(): Promise<void> {
  if (server === undefined || server.exitCode !== null) return;
  const ended = once(server, "exit");
  server.kill("SIGTERM");
  await ended;
}

test.afterEach(stop);

test("a server that is away signs nobody out; when it is back, the page goes on by itself (WEB-06)", async ({
  page,
}, testInfo) => {
  test.setTimeout(3 * startLimitMs);
  const dataDir = testInfo.outputPath("data");
  await start(dataDir);
  const person = await newPerson(url);
  await keepToken(page, person.accessToken);
  await page.goto(`${url}/account`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);

  await stop();
  await page.getByRole("button", { name: "Ask again" }).click();
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await expect(page.getByText(/no connection to the server/)).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);

  await start(dataDir);
  await expect(page.getByText(/no connection to the server/)).toBeHidden({ timeout: 40_000 });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
});

test("offline and back: the same", async ({ page, context, person }) => {
  await keepToken(page, person.accessToken);
  await page.goto("/account");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
  await context.setOffline(true);
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await expect(page.getByText(/no connection to the server/)).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText(/no connection to the server/)).toBeHidden({ timeout: 20_000 });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
});

for (const [name, status, contentType, body] of [
  ["an error of the server", 500, "application/json", "{}"],
  ["too many requests", 429, "application/json", "{}"],
  ["a captive portal's page", 200, "text/html", "<html>Please sign in to this Wi-Fi</html>"],
] as const) {
  test(`${name} signs nobody out (WEB-06)`, async ({ page, person }) => {
    await keepToken(page, person.accessToken);
    await page.route("**/api/trpc/auth.whoami**", (route) => route.fulfill({ status, contentType, body }));
    await page.goto("/account");
    await expect(page.getByText(/Your sign-in is kept/)).toBeVisible();
    expect(await page.evaluate(() => localStorage.length)).toBeGreaterThan(0);
    await page.unroute("**/api/trpc/auth.whoami**");
    // It asks again by itself; a button to press would be gone at any moment.
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
  });
}
