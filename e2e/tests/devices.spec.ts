// Devices and the password: two browser contexts are two devices, and know nothing of each other but through the server.

import type { Browser, Page } from "@playwright/test";
import { expect, momentWhen, type Person, signIn, test } from "../fixtures.ts";

// Several sign-ins and two browsers each: more than the usual half minute on a busy machine.
test.describe.configure({ timeout: 90_000 });

const heading = (page: Page) => page.getByRole("heading", { level: 1 });
const devices = (page: Page) => page.getByRole("region", { name: "Your devices" });
const rows = (page: Page) => devices(page).getByRole("listitem");

/** Another device of the same person. */
async function otherDevice(browser: Browser, person: Person): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await enter(page, person);
  return page;
}

async function enter(page: Page, person: Person): Promise<void> {
  await page.goto("/sign-in?return_to=%2Faccount");
  await signIn(page, person);
  await expect(heading(page)).toHaveText(person.username);
}

/** When the next click of this page on that button was answered by the server, in milliseconds since the epoch. */
async function confirm(page: Page, button: string): Promise<number> {
  const answered = page.waitForResponse((response) => /auth\.(endSession|signOut)/.test(response.url()));
  await page.getByRole("button", { name: button }).click();
  await answered;
  return Date.now();
}

test("devices are listed, this one marked; one that is ended is out within a second, and is told why", async ({
  page,
  browser,
  person,
}) => {
  await enter(page, person);
  const phone = await otherDevice(browser, person);
  await page.reload();
  // The sign-up of the fixture is one as well.
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).filter({ hasText: "This device" })).toHaveCount(1);
  await expect(rows(page).filter({ hasText: "This device" })).toContainText("Chrome on ");
  await expect(rows(page).first()).toContainText("last used just now");

  const gone = momentWhen(phone, "h1", person.username, false);
  // The newest of the others is the phone.
  await rows(page)
    .filter({ hasNotText: "This device" })
    .first()
    .getByRole("button", { name: /^Sign out/ })
    .click();
  await expect(page.getByText(/will have to sign in again/)).toBeVisible();
  const ended = await confirm(page, "Yes, sign it out");
  expect((await gone) - ended).toBeLessThan(1000);
  await expect(phone).toHaveURL(/\/sign-in/);
  await expect(phone.getByText(/was ended: in another tab, on another of your devices/)).toBeVisible();

  await expect(devices(page).getByRole("status")).toHaveText("That device is signed out.");
  await expect(rows(page)).toHaveCount(2);
  await expect(heading(page)).toHaveText(person.username);
});

test("all others are ended at once, and this one stays (REF-15)", async ({ page, browser, person }) => {
  await enter(page, person);
  const phone = await otherDevice(browser, person);
  await page.reload();
  await expect(rows(page)).toHaveCount(3);
  await page.getByRole("button", { name: "Sign out the others" }).click();
  await confirm(page, "Yes, sign out the others");
  await expect(devices(page).getByRole("status")).toHaveText("The 2 other devices are signed out.");
  await expect(rows(page)).toHaveCount(1);
  await expect(phone).toHaveURL(/\/sign-in/);
  await page.reload();
  await expect(heading(page)).toHaveText(person.username);
});

test("all are ended, this one too; a question comes first, and can be answered no", async ({
  page,
  browser,
  person,
}) => {
  await enter(page, person);
  const phone = await otherDevice(browser, person);
  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(page.getByRole("button", { name: "Yes, sign out everywhere" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Sign out everywhere" })).toBeFocused();
  await expect(heading(page)).toHaveText(person.username);

  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(phone).toHaveURL(/\/sign-in/);
});

test("a new password ends every other device, keeps this one, and is the one that counts (PWD-15)", async ({
  page,
  browser,
  person,
}) => {
  await enter(page, person);
  const phone = await otherDevice(browser, person);
  const form = page.getByRole("region", { name: "Change your password" });

  await form.getByLabel("Current password").fill("not the password at all");
  await form.getByLabel("New password").fill("quite another set of words");
  await form.getByRole("button", { name: "Change the password" }).click();
  await expect(form.getByText("This is not your current password.")).toBeVisible();
  await expect(heading(phone)).toHaveText(person.username);

  await form.getByLabel("Current password").fill(person.password);
  await form.getByRole("button", { name: "Change the password" }).click();
  await expect(form.getByRole("status")).toHaveText(/password is changed, and every other device is signed out/);
  await expect(form.getByLabel("New password")).toHaveValue("");
  await expect(phone).toHaveURL(/\/sign-in/);
  await expect(rows(page)).toHaveCount(1);

  await signIn(phone, person);
  await expect(phone.getByText("Username and password do not match.")).toBeVisible();
  await signIn(phone, { ...person, password: "quite another set of words" });
  await expect(heading(phone)).toHaveText(person.username);
  await page.reload();
  await expect(heading(page)).toHaveText(person.username);
});
