// What somebody can do with addresses of a sign-in with a provider that are not theirs, or not for a second time.

import type { BrowserContext, Page } from "@playwright/test";
import { expect, newPerson, servers, signIn, test } from "../fixtures.ts";
import { newName, signUpWith, stopAt, watchRequests } from "../provider-visit.ts";

const our = servers.providers.url;

test.use({ baseURL: our });

const ourPageWithCode = /\/sign-in\?.*token=/;
const callback = /\/auth\/oidc\/example\/callback\?/;

async function attackersAccount(context: BrowserContext): Promise<{ page: Page; name: string }> {
  const name = newName();
  const page = await context.newPage();
  await signUpWith(page, "Example ID", name);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  return { page, name };
}

for (const visitor of ["nobody", "somebody"] as const) {
  test(`an attacker's code signs nobody in elsewhere, where ${visitor} is signed in; in the attacker's own tab it does (OAU-16, WEB-02, WEB-03)`, async ({
    page,
    browser,
  }) => {
    const context = await browser.newContext({ baseURL: our });
    const attacker = await attackersAccount(context);
    const address = await stopAt(attacker.page, ourPageWithCode, attacker.name);

    const person = await newPerson(our);
    if (visitor === "somebody") {
      await page.goto("/sign-in?return_to=%2Faccount");
      await signIn(page, person);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
    }
    const seen = watchRequests(page);
    await page.goto(address);
    if (visitor === "somebody") {
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
    } else {
      await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
    }
    expect(page.url()).not.toContain("token=");
    await expect(page.getByText(attacker.name)).toHaveCount(0);
    // Not even a question: the code is not told to the server.
    expect(seen.calls.filter((call) => call.endsWith("auth.redeem"))).toEqual([]);

    await attacker.page.goto(address);
    await expect(attacker.page.getByRole("heading", { level: 1 })).toHaveText(attacker.name);
    await context.close();
  });
}

test("an attacker's answer of the provider signs nobody in elsewhere; in the attacker's own tab it does (OAU-02)", async ({
  page,
  browser,
}) => {
  const context = await browser.newContext({ baseURL: our });
  const attacker = await attackersAccount(context);
  const address = await stopAt(attacker.page, callback, attacker.name);

  await page.goto("/sign-in");
  await page.goto(address);
  await expect(page).toHaveURL(`${our}/sign-in?provider_error=expired`);
  await expect(page.getByText(/took too long, or was begun in another browser/)).toBeVisible();

  await attacker.page.goto(address);
  await expect(attacker.page.getByRole("heading", { level: 1 })).toHaveText(attacker.name);
  await context.close();
});

test("an attacker's code links nothing to whoever follows it to the account page (WEB-02, WEB-03)", async ({
  page,
  browser,
}) => {
  const context = await browser.newContext({ baseURL: our });
  const attacker = await context.newPage();
  const address = await stopAt(attacker, ourPageWithCode, newName());

  await signUpWith(page, "GitHub", newName());
  const ways = page.getByRole("region", { name: "Ways to sign in" });
  const seen = watchRequests(page);
  await page.goto(`/account${new URL(address).search}`);
  await expect(ways.getByRole("button", { name: "Link Example ID" })).toBeVisible();
  expect(page.url()).not.toContain("token=");
  expect(seen.calls.filter((call) => /linkProvider|redeem/.test(call))).toEqual([]);

  // It was a good one.
  await attacker.goto(address);
  await expect(attacker.getByRole("heading", { level: 1 })).toHaveText("Choose a username");
  await context.close();
});

test("a callback's address, and ours with the code, work once; the second time takes nothing away from who is here (OAU-02, WEB-03)", async ({
  page,
}) => {
  const name = newName();
  const seen = watchRequests(page);
  await signUpWith(page, "Example ID", name);
  const { callback: answered = "", handOver = "" } = seen;
  const sentOn = page.waitForRequest(`${our}/sign-in?provider_error=expired`);
  await page.goto(answered);
  await sentOn;
  // Whoever is signed in goes on from the page for signing in.
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await page.goto(handOver);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  expect(seen.calls.filter((call) => call.endsWith("auth.redeem"))).toHaveLength(1);
});

test("nobody else's word gets onto the page by the address", async ({ page }) => {
  await page.goto("/sign-in?provider_error=cancelled");
  await expect(page.getByRole("status").filter({ hasText: "provider" })).toBeVisible();
  for (const word of ["Call+this+number", "constructor", "%3Cb%3Ebold%3C%2Fb%3E"]) {
    await page.goto(`/sign-in?provider_error=${word}`);
    await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
    await expect(page.getByRole("status").filter({ hasText: /./ })).toHaveCount(0);
  }
});
