// Devices and the password: two browser contexts are two devices, and know nothing of each other but through the server.

import type { Browser, Page } from "@playwright/test";
import { violations } from "../accessibility.ts";
import { expect, expectWithin, momentWhen, type Person, signIn, test, timed } from "../fixtures.ts";

// Several sign-ins and two browsers each: more than the usual half minute on a busy machine.
test.describe.configure({ timeout: 90_000 });

const heading = (page: Page) => page.getByRole("heading", { level: 1 });
const devices = (page: Page) => page.getByRole("region", { name: "Your devices" });
const rows = (page: Page) => devices(page).getByRole("listitem");
const otherRows = (page: Page) => rows(page).filter({ hasNotText: "This device" });
const signOutOf = (page: Page, device: RegExp | string) =>
  rows(page)
    .filter({ hasText: device })
    .getByRole("button", { name: /^Sign out/ });

const phoneAgent =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";

/** Another device of the same person: as far as the server can tell, a phone. */
async function otherDevice(browser: Browser, person: Person): Promise<Page> {
  const page = await (await browser.newContext({ userAgent: phoneAgent })).newPage();
  await enter(page, person);
  return page;
}

async function enter(page: Page, person: Person): Promise<void> {
  await page.goto("/sign-in?return_to=%2Faccount");
  await signIn(page, person);
  await expect(heading(page)).toHaveText(person.username);
}

/** Answers the question with yes. @returns when the server had done it, in milliseconds since the epoch. */
async function confirm(page: Page, button: string): Promise<number> {
  const answered = page.waitForResponse((response) => /auth\.(endSession|signOut)/.test(response.url()));
  await page.getByRole("button", { name: button }).click();
  await answered;
  return Date.now();
}

test(
  "devices are listed, this one marked; one that is ended is out within a second, and is told why",
  timed,
  async ({ page, browser, person }) => {
    await enter(page, person);
    const phone = await otherDevice(browser, person);
    await page.reload();
    // The sign-up of the fixture is one as well.
    await expect(rows(page)).toHaveCount(3);
    const own = rows(page).filter({ hasText: "This device" });
    await expect(own).toHaveCount(1);
    await expect(own).toContainText("Chrome on ");
    await expect(own).toContainText("in use now");
    const listed = rows(page).filter({ hasText: "Safari on an iPhone" });
    await expect(listed).toContainText(/From (127\.0\.0\.1|::1), signed in just now, last used just now/);
    await expect(listed.locator("time").first()).toHaveAttribute("datetime", /^\d{4}-\d\d-\d\dT.*Z$/);
    await expect(listed.locator("time").first()).toHaveAttribute("title", /\d{4}/);

    const gone = momentWhen(phone, "h1", person.username, false);
    await signOutOf(page, "Safari on an iPhone").click();
    await expect(page.getByText("Sign out Safari on an iPhone? Whoever uses it")).toBeVisible();
    expect(await violations(page)).toEqual([]);
    const ended = await confirm(page, "Yes, sign it out");
    expectWithin(1_000, (await gone) - ended);
    await expect(phone).toHaveURL(/\/sign-in/);
    await expect(phone.getByText(/was ended: in another tab, on another of your devices/)).toBeVisible();

    await expect(devices(page).getByRole("status")).toHaveText("Safari on an iPhone is signed out.");
    await expect(rows(page)).toHaveCount(2);
    // The button has gone; whoever uses the keyboard has not.
    await expect(page.getByRole("heading", { name: "Your devices" })).toBeFocused();
    await expect(heading(page)).toHaveText(person.username);
  },
);

test("all others are ended at once, and this one stays (REF-15)", async ({ page, browser, person }) => {
  await enter(page, person);
  const phone = await otherDevice(browser, person);
  await page.reload();
  await expect(rows(page)).toHaveCount(3);
  await page.getByRole("button", { name: "Sign out the others" }).click();
  await confirm(page, "Yes, sign out the others");
  await expect(devices(page).getByRole("status")).toHaveText("Signed out on 2 other devices.");
  await expect(rows(page)).toHaveCount(1);
  await expect(devices(page).getByText("You are signed in on this device only.")).toBeVisible();
  await expect(phone).toHaveURL(/\/sign-in/);
  await page.reload();
  await expect(heading(page)).toHaveText(person.username);
});

test("all are ended, this one too; the keyboard is asked first, can say no, and a held key says nothing", async ({
  page,
  browser,
  person,
}) => {
  await enter(page, person);
  const phone = await otherDevice(browser, person);
  const opener = page.getByRole("button", { name: "Sign out everywhere", exact: true });
  await opener.focus();
  // A key that is held for a moment repeats itself.
  for (let press = 0; press < 5; press += 1) await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  const question = page.getByRole("group", { name: /on this one too\?/ });
  await expect(question).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(opener).toBeFocused();
  await expect(heading(page)).toHaveText(person.username);

  await page.keyboard.press("Enter");
  await expect(question).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Yes, sign out everywhere" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByText("You have signed out on all your devices.")).toBeVisible();
  await expect(phone).toHaveURL(/\/sign-in/);
});

test("what could not be done is said where it was asked for, and can be tried again", async ({ page, person }) => {
  await enter(page, person);
  await expect(rows(page)).toHaveCount(2);
  await page.route("**/auth.endSession", (route) => route.abort());
  await otherRows(page)
    .getByRole("button", { name: /^Sign out/ })
    .click();
  await page.getByRole("button", { name: "Yes, sign it out" }).click();
  await expect(otherRows(page).getByRole("alert")).toContainText("The server did not answer.");
  await expect(rows(page)).toHaveCount(2);
  await page.unroute("**/auth.endSession");
  await confirm(page, "Yes, sign it out");
  await expect(rows(page)).toHaveCount(1);
});

test("a list that cannot be had is said so, and takes nothing else away", async ({ page, person }) => {
  await page.route("**/auth.listSessions", (route) => route.abort());
  await enter(page, person);
  await expect(devices(page).getByText("Your devices cannot be listed just now.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Change your password" })).toBeVisible();
  await page.unroute("**/auth.listSessions");
  await devices(page).getByRole("button", { name: "Ask again" }).click();
  await expect(rows(page)).toHaveCount(2);
});

test("who comes back to the page sees what has changed on other devices meanwhile", async ({
  page,
  browser,
  person,
}) => {
  await enter(page, person);
  await expect(rows(page)).toHaveCount(2);
  await otherDevice(browser, person);
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
  await expect(rows(page)).toHaveCount(3);
});

test("times are the server's, where the date of the device is wrong by a year", async ({ page, person }) => {
  const start = Date.now() + 365 * 24 * 60 * 60 * 1000;
  await page.clock.install({ time: start });
  await page.clock.resume();
  await enter(page, person);
  await expect(otherRows(page)).toContainText("signed in just now");
  await page.clock.fastForward("03:00");
  await expect(otherRows(page)).toContainText("signed in 3 minutes ago");
});

test("a new password ends every other device, keeps this one, and is the one that counts (PWD-15)", async ({
  page,
  browser,
  person,
}) => {
  await enter(page, person);
  const phone = await otherDevice(browser, person);
  const form = page.getByRole("region", { name: "Change your password" });
  await expect(form.getByText("All your other devices are signed out with it.")).toBeVisible();

  await form.getByLabel("Current password").fill("not the password at all");
  await form.getByLabel("New password").fill("quite another set of words");
  await form.getByRole("button", { name: "Change the password" }).click();
  await expect(form.getByText("This is not your current password.")).toBeVisible();
  await expect(form.getByLabel("Current password")).toHaveAttribute("aria-invalid", "true");
  await expect(heading(phone)).toHaveText(person.username);

  await form.getByLabel("Current password").fill(person.password);
  await form.getByLabel("New password").fill(`${person.username}${person.username}`);
  await form.getByRole("button", { name: "Change the password" }).click();
  await expect(form.getByLabel("New password")).toHaveAttribute("aria-invalid", "true");
  await expect(form.getByLabel("Current password")).not.toHaveAttribute("aria-invalid", "true");

  await form.getByLabel("New password").fill("quite another set of words");
  await form.getByRole("button", { name: "Change the password" }).click();
  await expect(form.getByRole("status")).toHaveText(/password is changed, and every other device is signed out/);
  await expect(form.getByRole("heading")).toBeFocused();
  await expect(form.getByLabel("New password")).toHaveValue("");
  await expect(phone).toHaveURL(/\/sign-in/);
  await expect(phone.getByText(/or by a new password/)).toBeVisible();
  await expect(rows(page)).toHaveCount(1);

  await signIn(phone, person);
  await expect(phone.getByText("Username and password do not match.")).toBeVisible();
  await signIn(phone, { ...person, password: "quite another set of words" });
  await expect(heading(phone)).toHaveText(person.username);
  await page.reload();
  await expect(heading(page)).toHaveText(person.username);
});

test("password managers know whose password is changed, and which field is which", async ({ page, person }) => {
  await enter(page, person);
  const form = page.locator("form");
  await expect(form.locator('input[autocomplete="username"]')).toHaveValue(person.username);
  await expect(form.getByLabel("Current password")).toHaveAttribute("autocomplete", "current-password");
  await expect(form.getByLabel("New password")).toHaveAttribute("autocomplete", "new-password");
});
