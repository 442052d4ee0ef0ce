// The notes page calls another service with the token it has; that service shares nothing with the web app but its public keys.

import type { Page } from "@playwright/test";
import { violations } from "../accessibility.ts";
import { expect, expectWithin, newPerson, type Person, signIn, test, timed } from "../fixtures.ts";
import { notesServer, servers } from "../servers.ts";

test.describe.configure({ timeout: 90_000 });

const rows = (page: Page) => page.getByRole("list", { name: "Notes" }).getByRole("listitem");
const field = (page: Page) => page.getByLabel("A new note");

async function enter(page: Page, person: Person): Promise<void> {
  await page.goto("/sign-in?return_to=%2Fnotes");
  await signIn(page, person);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your notes");
}

async function write(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await page.getByRole("button", { name: "Keep it" }).click();
  await expect(rows(page).first()).toContainText(text);
}

test("notes are kept by another service, stay, and go when they are removed", async ({ page, person }) => {
  const asked: { url: string; bearer: boolean; cookie: boolean }[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(notesServer.url)) return;
    const { authorization, cookie } = request.headers();
    if (request.method() !== "OPTIONS") {
      asked.push({
        url: request.url(),
        bearer: authorization?.startsWith("Bearer ") === true,
        cookie: cookie !== undefined,
      });
    }
  });
  await enter(page, person);
  await expect(page.getByText("Nothing yet.")).toBeVisible();
  await expect(page.getByText(/never seen your password or our database/)).toBeVisible();

  await write(page, "Seal your letters.");
  await expect(page.getByText("The note is kept.")).toBeVisible();
  await expect(field(page)).toBeFocused();
  await expect(field(page)).toHaveValue("");
  await write(page, "Two lines,\nand <b>nothing</b> but text.");
  await page.reload();
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toContainText("and <b>nothing</b> but text.");

  await rows(page)
    .last()
    .getByRole("button", { name: /^Remove/ })
    .click();
  await expect(page.getByText("Remove this note?")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: "Yes, remove it" }).click();
  await expect(page.getByText("The note is removed.")).toBeVisible();
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByRole("heading", { name: "Kept for you" })).toBeFocused();

  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter(({ bearer, cookie }) => !bearer || cookie)).toEqual([]);
});

test("another person sees none of them (RS-11)", async ({ page, browser, person }) => {
  await enter(page, person);
  await write(page, "For my eyes alone.");
  const other = await (await browser.newContext()).newPage();
  await enter(other, await newPerson());
  await expect(other.getByText("Nothing yet.")).toBeVisible();
  await expect(other.getByText("For my eyes alone.")).toHaveCount(0);

  // The same browser, somebody else: not for a moment what was there before.
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await enter(page, await newPerson());
  await expect(page.getByText("Nothing yet.")).toBeVisible();
  await expect(page.getByText("For my eyes alone.")).toHaveCount(0);
});

test("what cannot be kept is said beside the field, and nothing is lost", async ({ page, person }) => {
  await enter(page, person);
  await page.getByRole("button", { name: "Keep it" }).click();
  await expect(page.getByText("Write something first.")).toBeVisible();
  await field(page).fill("x".repeat(2_003));
  await page.getByRole("button", { name: "Keep it" }).click();
  await expect(page.getByText("Too long by 3 characters: 2,000 at most.")).toBeVisible();
  await expect(field(page)).toHaveAttribute("aria-invalid", "true");
  await expect(field(page)).toHaveValue("x".repeat(2_003));
});

test(
  "a session that is ended in the web app is refused by the service within a second",
  timed,
  async ({ request, person }) => {
    const service = () =>
      fetch(`${notesServer.url}/trpc/notes.list`, { headers: { authorization: `Bearer ${person.accessToken}` } });
    expect((await service()).status).toBe(200);
    const ended = await request.post(`${servers.main.url}/auth/sign-out`, {
      headers: { authorization: `Bearer ${person.accessToken}` },
    });
    expect(ended.status()).toBe(204);
    const endedAt = Date.now();
    await expect.poll(async () => (await service()).status, { intervals: [20] }).toBe(401);
    expectWithin(1_000, Date.now() - endedAt);
    expect(await (await service()).json()).toMatchObject({ error: { data: { reason: "token_revoked" } } });
  },
);

test("a token that has ended meanwhile is renewed on the way, and the note is kept once", async ({ page, person }) => {
  await enter(page, person);
  let refused = 0;
  await page.route("**/trpc/notes.add?batch=1", async (route) => {
    refused += 1;
    if (refused > 1) return route.continue();
    const data = { code: "UNAUTHORIZED", httpStatus: 401, path: "notes.add", reason: "token_expired", retry: true };
    return route.fulfill({
      status: 401,
      headers: { "access-control-allow-origin": servers.main.url },
      contentType: "application/json",
      body: JSON.stringify([{ error: { code: -32001, message: "Could not validate credentials", data } }]),
    });
  });
  await write(page, "Kept once.");
  expect(refused).toBe(2);
  await expect(rows(page)).toHaveCount(1);
});

test("a service that does not run is named, with what starts it, and found again by itself", async ({
  page,
  person,
}) => {
  await page.route(`${notesServer.url}/**`, (route) => route.abort("connectionrefused"));
  await enter(page, person);
  await expect(page.getByText("npm run start:resource-server")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await field(page).fill("Written meanwhile.");
  await page.getByRole("button", { name: "Keep it" }).click();
  await expect(page.getByText(/does not answer. Nothing is lost/)).toBeVisible();
  await expect(field(page)).toHaveValue("Written meanwhile.");
  await page.unroute(`${notesServer.url}/**`);
  await expect(page.getByText("Nothing yet.")).toBeVisible();
  await page.getByRole("button", { name: "Keep it" }).click();
  await expect(rows(page)).toHaveCount(1);
});

test("who is not signed in is asked to, and comes back", async ({ page, person }) => {
  await page.goto("/notes");
  await expect(page).toHaveURL(/\/sign-in\?return_to=%2Fnotes/);
  await signIn(page, person);
  await expect(page.getByText("Nothing yet.")).toBeVisible();
});

test("the page is reached from the first page", async ({ page, person }) => {
  await enter(page, person);
  await page.goto("/");
  await page.getByRole("link", { name: "Use it at another service" }).click();
  await expect(page).toHaveURL("/notes");
  await page.getByRole("banner").getByRole("link", { name: "Notes" }).click();
  await expect(page.getByText("Nothing yet.")).toBeVisible();
});
