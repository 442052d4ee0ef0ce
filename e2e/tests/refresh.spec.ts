// Staying signed in, in a real browser, over a network that loses things, with tokens that end every four seconds.

import { type BrowserContext, chromium, type Page } from "@playwright/test";
import { expect, newPerson, type Person, servers, signIn, storageKey, test } from "../fixtures.ts";
import { type Fate, type LossyNetwork, startLossyNetwork } from "../lossy-network.ts";

// One network, one port: one test after the other.
test.describe.configure({ mode: "serial" });

const { url: origin, target } = servers.lossy;
let network: LossyNetwork;
let fateOf: (path: string) => Fate;

test.beforeEach(async () => {
  fateOf = () => ({});
  network = await startLossyNetwork({
    port: Number(new URL(origin).port),
    target,
    fateOf: (path) => fateOf(path),
    // Our pages say that they are not to be kept, which keeps them out of this cache too. Pages of other apps may not.
    dropHeader: (path, name) => !/^\/(auth|api)\//.test(path) && name === "cache-control",
  });
});
test.afterEach(() => network.close());

const refreshes = () => network.seen.filter(({ path }) => path === "/auth/refresh");
const heading = (page: Page) => page.getByRole("heading", { level: 1 });
const storedToken = (page: Page) => page.evaluate((key) => localStorage.getItem(key), storageKey);

async function enter(page: Page, person: Person): Promise<void> {
  await page.goto(`${origin}/sign-in?return_to=%2Faccount`);
  await signIn(page, person);
  await expect(heading(page)).toHaveText(person.username);
}

/** The number of the newest refresh token, as it stands in the one cookie: bytes 17 to 20. */
async function counterOf(context: BrowserContext): Promise<number> {
  const cookies = (await context.cookies(`${origin}/auth`)).filter(({ name }) => name.includes("signet_refresh_"));
  expect(cookies).toHaveLength(1);
  return Buffer.from(cookies[0]?.value ?? "", "base64url").readUInt32BE(17);
}

/** The same numbers in every run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** A promise, and what ends it. */
function gate(): { opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test("ten tabs, tokens that end every four seconds, a network that delays and loses: nobody is signed out, and each expiry costs one rotation (REF-05, WEB-07)", async ({
  page,
  context,
}) => {
  test.slow();
  await enter(page, await newPerson(origin));
  const username = await heading(page).textContent();
  const tabs = [page];
  for (let tab = 1; tab < 10; tab += 1) {
    const next = await context.newPage();
    await next.goto(`${origin}/account`);
    tabs.push(next);
  }
  for (const tab of tabs) await expect(heading(tab)).toHaveText(username ?? "");

  const random = seededRandom(7);
  fateOf = (): Fate => {
    const delayMs = random() * 600;
    const luck = random();
    if (luck < 0.15) return { delayMs, lost: "request" };
    return luck < 0.35 ? { delayMs, lost: "answer" } : { delayMs };
  };
  const before = { counter: await counterOf(context), seen: network.seen.length, at: Date.now() };
  await page.waitForTimeout(25_000);
  fateOf = () => ({});
  const seconds = (Date.now() - before.at) / 1000;

  for (const tab of tabs) await expect(heading(tab)).toHaveText(username ?? "");
  expect(network.seen.filter(({ path }) => path === "/auth/sign-out")).toEqual([]);
  const attempts = new Set(
    network.seen
      .slice(before.seen)
      .flatMap(({ path, body }) => (path === "/auth/refresh" ? [JSON.parse(body).attempt] : [])),
  );
  const rotations = (await counterOf(context)) - before.counter;
  // One may be under way.
  expect(Math.abs(rotations - attempts.size)).toBeLessThanOrEqual(1);
  // Two seconds is the least there may be between two for such tokens; ten tabs by themselves would make many more.
  expect(rotations).toBeGreaterThanOrEqual(3);
  expect(rotations).toBeLessThanOrEqual(Math.ceil(seconds / 2));
});

test("an answer that was lost on the way is asked for again, and is the same one", async ({ page, context }) => {
  await enter(page, await newPerson(origin));
  const counter = await counterOf(context);
  const before = refreshes().length;
  let lost = 0;
  fateOf = () => (lost++ < 2 ? { lost: "answer" } : {});
  await expect.poll(() => refreshes().length - before, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
  const [first, second, third] = refreshes()
    .slice(before)
    .map(({ body }) => JSON.parse(body).attempt);
  expect([second, third]).toEqual([first, first]);
  await expect.poll(() => counterOf(context)).toBe(counter + 1);
  await expect(page).toHaveURL(/\/account/);
});

test("a sign-out while a refresh is under way stays one, though the refresh's cookie comes late (REF-12)", async ({
  page,
  context,
}) => {
  await enter(page, await newPerson(origin));
  const late = gate();
  let held = 0;
  fateOf = (path) => {
    if (path !== "/auth/refresh") return {};
    held += 1;
    return { holdAnswer: late.opened };
  };
  await expect.poll(() => held, { timeout: 10_000 }).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await expect(page).toHaveURL(/\/sign-in|\/$/);
  late.open();
  fateOf = () => ({});

  await page.waitForTimeout(1_000);
  expect(await storedToken(page)).toBeNull();
  await page.goto(`${origin}/account`);
  await expect(page).toHaveURL(/\/sign-in/);
  // Whatever cookie has come: the session is over.
  const refused = await context.request.post(`${origin}/auth/refresh`, { data: {} });
  expect(refused.status()).toBe(400);
});

test("somebody else who signs in while a refresh is under way stays: its answer changes nothing", async ({ page }) => {
  const [ada, bob] = [await newPerson(origin), await newPerson(origin)];
  await enter(page, ada);
  const late = gate();
  let held = 0;
  fateOf = (path) => {
    if (path !== "/auth/refresh" || held > 0) return {};
    held += 1;
    return { holdAnswer: late.opened };
  };
  await expect.poll(() => held, { timeout: 10_000 }).toBe(1);
  await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await page.goto(`${origin}/sign-in?return_to=%2Faccount`);
  await signIn(page, bob);
  await expect(heading(page)).toHaveText(bob.username);
  late.open();

  // Over two more lives of a token, and after a reload.
  await page.waitForTimeout(9_000);
  await expect(heading(page)).toHaveText(bob.username);
  await page.reload();
  await expect(heading(page)).toHaveText(bob.username);
});

for (const [name, byMs] of [
  ["a year ahead", 365 * 86_400_000],
  ["a year behind", -365 * 86_400_000],
] as const) {
  test(`a device whose date is ${name} stays signed in (WEB-05)`, async ({ page }) => {
    await page.clock.install({ time: Date.now() + byMs });
    await page.clock.resume();
    await enter(page, await newPerson(origin));
    const username = (await heading(page).textContent()) ?? "";
    const first = await storedToken(page);
    await expect.poll(() => storedToken(page), { timeout: 10_000 }).not.toBe(first);
    await expect(heading(page)).toHaveText(username);
    const before = refreshes().length;
    await page.waitForTimeout(6_000);
    expect(refreshes().length - before).toBeLessThanOrEqual(4);
    await page.reload();
    await expect(heading(page)).toHaveText(username);
  });
}

test("the date of the device steps back and forth: still signed in, without a storm of requests (WEB-05)", async ({
  page,
}) => {
  await page.clock.install();
  await page.clock.resume();
  await enter(page, await newPerson(origin));
  const username = (await heading(page).textContent()) ?? "";
  const before = refreshes().length;
  for (const byMs of [86_400_000, -86_400_000, 3_600_000]) {
    await page.clock.setSystemTime(Date.now() + byMs);
    await page.waitForTimeout(2_500);
    await expect(heading(page)).toHaveText(username);
  }
  expect(refreshes().length - before).toBeLessThanOrEqual(6);
});

test("a page that comes back from the back/forward cache shows nothing of somebody who has left (F53)", async () => {
  const executablePath = process.env["WHOLE_CHROMIUM_PATH"] ?? "";
  test.skip(
    executablePath === "",
    "A Chromium without windows has no such cache: install the whole one (WHOLE_CHROMIUM_PATH).",
  );
  const browser = await chromium.launch({
    executablePath,
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    // Playwright switches it off, people have it on.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    const person = await newPerson(origin);
    await enter(page, person);
    await page.evaluate(() => {
      addEventListener("pageshow", ({ persisted }) => {
        const texts: (string | null | undefined)[] = [];
        const look = () => {
          texts.push(document.querySelector("h1")?.textContent);
          sessionStorage.setItem("restored", JSON.stringify({ persisted, texts }));
          requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      });
    });
    await page.goto(`${origin}/healthz`);

    // Not by our own sign-out: its message to the other tabs already makes the browser throw such a page away.
    await page.evaluate(() => localStorage.clear());
    // Playwright's own goBack waits for a load, and a restored page has none.
    await page.evaluate(() => history.back());
    await expect(page).toHaveURL(/\/sign-in/);
    const restored = JSON.parse((await page.evaluate(() => sessionStorage.getItem("restored"))) ?? "{}");
    expect(restored.persisted).toBe(true);
    expect(restored.texts).not.toContain(person.username);
  } finally {
    await browser.close();
  }
});
