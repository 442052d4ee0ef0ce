import type { Locator, Page } from "@playwright/test";
import { expect, newPerson, type Person, servers, signIn, storageKey, test } from "../fixtures.ts";
import { continueWith, historyOf, newName, sayWho, signUpWith, watchRequests } from "../provider-visit.ts";
import { providers } from "../servers.ts";

const our = servers.providers.url;

test.use({ baseURL: our });

test("signs up with a provider, goes where the way led, and is the same person the next time (OAU-07)", async ({
  page,
}) => {
  const name = newName();
  await page.goto("/account?view=token");
  await expect(page.getByText("/account?view=token")).toBeVisible();
  await continueWith(page, "Example ID", name);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose a username");
  await expect(page.getByLabel("Username")).toHaveValue(name);
  await page.getByRole("button", { name: "Create the account" }).click();

  await expect(page).toHaveURL(/\/account\?view=token$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await expect(page.getByText('["fed"]')).toBeVisible();
  const subject = page.getByRole("region", { name: "What whoami says" }).locator("dd").first();
  const before = await subject.textContent();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page.getByText("You have signed out on this device.")).toBeVisible();

  await continueWith(page, "Example ID", name);
  await expect(page).toHaveURL(/\/account\?view=token$/);
  await expect(subject).toHaveText(before ?? "");
});

test("the same with GitHub, with the keyboard alone", async ({ page }) => {
  const name = newName();
  await page.goto("/sign-up");
  await page.getByRole("button", { name: "Continue with GitHub" }).focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Name").waitFor();
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await page.getByLabel("Username").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await expect(page.getByRole("list", { name: "Ways to sign in" })).toContainText("GitHub");
});

test("says beside the name that it is taken, asks again after a reload, and takes another one", async ({ page }) => {
  const taken = await newPerson(our);
  const name = newName();
  await page.goto("/sign-in");
  await continueWith(page, "Example ID", name);
  await page.getByLabel("Username").fill(taken.username.toUpperCase());
  await page.getByRole("button", { name: "Create the account" }).click();
  await expect(page.getByText("This name is taken. Choose another one.")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose a username");
  await page.getByLabel("Username").fill("<b>");
  await page.getByRole("button", { name: "Create the account" }).click();
  await expect(page.getByText("Letters, digits and . _ - + @ only, 64 at most.")).toBeVisible();
  await page.getByLabel("Username").fill(`${name}.2`);
  await page.getByRole("button", { name: "Create the account" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${name}.2`);
});

test("whoever cancels the choice of a name has no account, and the form as before", async ({ page }) => {
  const name = newName();
  await page.goto("/sign-in");
  await continueWith(page, "Example ID", name);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeFocused();
  await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
  await continueWith(page, "Example ID", name);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose a username");
});

test("whoever cancels at the provider is told so, and signs in with a password right there", async ({ page }) => {
  const person = await newPerson(our);
  await page.goto("/sign-in?return_to=%2Faccount");
  await page.getByRole("button", { name: "Continue with Example ID" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("status").filter({ hasText: "without signing in there" })).toBeVisible();
  await signIn(page, person);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
});

test("a provider that does not answer keeps nobody from signing in with a password (OAU-13)", async ({ page }) => {
  const person = await newPerson(our);
  await page.goto("/sign-in?return_to=%2Faccount");
  await page.getByRole("button", { name: "Continue with Town Hall" }).click();
  await expect(page.getByText("The provider did not answer. Nobody was signed in.")).toBeVisible();
  await signIn(page, person);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
});

test("the way back from the provider finds a button that can be pressed", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Continue with Example ID" }).click();
  await page.getByLabel("Name").waitFor();
  await page.goBack();
  await page.getByRole("button", { name: "Continue with Example ID" }).click();
  await sayWho(page, newName());
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose a username");
});

test("links a provider, signs in with it, unlinks it, and is somebody new to it then", async ({ page }) => {
  const { person, name, ways } = await linkedPerson(page);
  await expect(page).toHaveURL(`${our}/account`);
  await page.reload();
  await expect(ways.getByRole("button", { name: "Unlink Example ID" })).toBeVisible();
  await expect(ways.getByText("is linked.")).toHaveCount(0);

  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await continueWith(page, "Example ID", name);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);

  await unlinkIn(ways);
  await expect(ways.getByRole("status")).toHaveText("Example ID is unlinked.");
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await continueWith(page, "Example ID", name);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose a username");
});

test("the last way in stays, until there is a password", async ({ page }) => {
  const name = newName();
  await signUpWith(page, "Example ID", name);
  const ways = page.getByRole("region", { name: "Ways to sign in" });
  const unlink = ways.getByRole("button", { name: "Unlink Example ID" });
  await expect(unlink).toHaveAttribute("aria-disabled", "true");
  await expect(unlink).toHaveAccessibleDescription(/Your only way in/);

  const password = "a lamp under seven apples";
  await page.getByLabel("New password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Set the password" }).click();
  await expect(ways.getByRole("status")).toHaveText("Your password is set. You can sign in with it from now on.");
  await expect(page.getByRole("heading", { name: "Change your password" })).toBeVisible();
  await unlink.click();
  await ways.getByRole("button", { name: "Yes, unlink it" }).click();
  await expect(ways.getByRole("status")).toHaveText("Example ID is unlinked.");

  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await signIn(page, { username: name, password, accessToken: "" });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
});

test("what somebody else has linked is nobody's to link again, and of each provider there is one (OAU-07)", async ({
  page,
  browser,
}) => {
  const [name, second] = [newName(), newName()];
  const other = await browser.newContext({ baseURL: our });
  await signUpWith(await other.newPage(), "GitHub", name);
  await other.close();

  await signUpWith(page, "Example ID", second);
  const ways = page.getByRole("region", { name: "Ways to sign in" });
  await ways.getByRole("button", { name: "Link GitHub" }).click();
  await sayWho(page, name);
  await expect(ways.getByRole("alert")).toContainText("is linked to another account here");
  await expect(ways.getByRole("button", { name: "Link GitHub" })).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(second);

  // Two tabs have set out with two accounts.
  const tab = await page.context().newPage();
  await tab.goto("/account");
  const there = tab.getByRole("region", { name: "Ways to sign in" });
  await there.getByRole("button", { name: "Link GitHub" }).click();
  await tab.getByLabel("Name").waitFor();
  await ways.getByRole("button", { name: "Link GitHub" }).click();
  await sayWho(page, newName());
  await expect(ways.getByRole("status")).toContainText("GitHub is linked.");
  await sayWho(tab, newName());
  await expect(there.getByRole("alert")).toContainText("Unlink that one first");
});

test("whoever cancels a link is told so once, and nothing is linked", async ({ page }) => {
  await signUpWith(page, "Example ID", newName());
  const ways = page.getByRole("region", { name: "Ways to sign in" });
  await ways.getByRole("button", { name: "Link GitHub" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(ways.getByRole("alert")).toContainText("Nothing was changed.");
  await expect(page).toHaveURL(`${our}/account`);
  await page.reload();
  await expect(ways.getByRole("button", { name: "Link GitHub" })).toBeVisible();
  await expect(ways.getByText("Nothing was changed.")).toHaveCount(0);
});

test("a sign-in of long ago is asked for again, in its place, and then it is done", async ({ page }) => {
  const { person, ways } = await linkedPerson(page);

  let refused = 0;
  await page.route("**/api/trpc/auth.unlinkProvider**", async (route) => {
    if (refused > 0 || route.request().method() !== "POST") return route.continue();
    refused += 1;
    // As the API says it to a session that began more than ten minutes ago.
    const error = { message: "Sign in again.", code: -32_603, data: { reason: "reauthentication_required" } };
    return route.fulfill({ status: 403, contentType: "application/json", body: JSON.stringify([{ error }]) });
  });
  await unlinkIn(ways);
  const again = page.getByRole("group", { name: "Sign in again to change this" });
  await expect(again).toBeFocused();
  await expect(again.getByRole("button", { name: "Continue with Example ID" })).toBeVisible();
  await again.getByLabel("Your password", { exact: true }).fill("not what it was, by far");
  await again.getByRole("button", { name: "Sign in again" }).click();
  await expect(again.getByText("This is not your password.")).toBeVisible();
  await again.getByLabel("Your password", { exact: true }).fill(person.password);
  await again.getByRole("button", { name: "Sign in again" }).click();
  await expect(ways.getByRole("status")).toHaveText("Example ID is unlinked.");
  await expect(again).toHaveCount(0);
  expect(refused).toBe(1);
});

test("somebody else's account at the provider, where the own one is asked for, changes nothing, and the page says so", async ({
  page,
}) => {
  const { person, ways } = await linkedPerson(page);
  await page.route("**/api/trpc/auth.unlinkProvider**", (route) => {
    if (route.request().method() !== "POST") return route.continue();
    const error = { message: "Sign in again.", code: -32_603, data: { reason: "reauthentication_required" } };
    return route.fulfill({ status: 403, contentType: "application/json", body: JSON.stringify([{ error }]) });
  });
  await unlinkIn(ways);
  const again = page.getByRole("group", { name: "Sign in again to change this" });
  await again.getByRole("button", { name: "Continue with Example ID" }).click();
  await sayWho(page, newName());
  await expect(ways.getByRole("alert")).toContainText("You are still signed in as before");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
  await page.reload();
  await expect(ways.getByRole("button", { name: "Unlink Example ID" })).toBeVisible();
  await expect(ways.getByText("still signed in as before")).toHaveCount(0);
});

test("unlinking signs out the other devices that came by a provider, and says how many", async ({ page, browser }) => {
  const { person, name, ways } = await linkedPerson(page);

  const device = await browser.newContext({ baseURL: our });
  const other = await device.newPage();
  await other.goto("/sign-in?return_to=%2Faccount");
  await continueWith(other, "Example ID", name);
  await expect(other.getByRole("heading", { level: 1 })).toHaveText(person.username);

  await unlinkIn(ways);
  await expect(ways.getByRole("status")).toContainText("one other device that came by a provider is signed out");
  await expect(other).toHaveURL(/\/sign-in/);
  await device.close();
});

test("back, forward and reload bring no code back: none is in history, storage or a Referer (OAU-12, WEB-01)", async ({
  page,
}) => {
  const seen = watchRequests(page);
  const name = newName();
  await signUpWith(page, "Example ID", name);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await continueWith(page, "Example ID", name);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  // For each of the two: state and code of the provider, code and verifier of ours.
  expect(seen.secrets.size).toBe(8);
  const redeemed = () => seen.calls.filter((call) => call.endsWith("auth.redeem")).length;
  expect(redeemed()).toBe(2);

  const kept = async () => [
    ...(await historyOf(page)),
    ...(await page.evaluate(() => [JSON.stringify(localStorage), JSON.stringify(sessionStorage)])),
    ...seen.referers,
  ];
  const steps = [() => page.reload(), () => page.goBack(), () => page.goForward(), () => page.goBack()];
  for (const step of steps) {
    await step();
    const texts = await kept();
    for (const secret of seen.secrets) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  }
  await page.goto(our);
  await expect(page.getByRole("region", { name: "Who you are" }).getByText(name)).toBeVisible();
  expect(redeemed()).toBe(2);
});

test("pages know the names of providers, and no secret of theirs (WEB-15)", async ({ page }) => {
  const html = await (await page.goto("/sign-in"))?.text();
  expect(html).toContain("Example ID");
  for (const secret of [providers.example.clientSecret, providers.github.clientSecret]) {
    expect(html).not.toContain(secret);
  }
  expect(html).not.toContain(providers.example.url);
  await page.goto("/");
  expect(await page.evaluate((key) => localStorage.getItem(key), storageKey)).toBeNull();
});

/** Somebody with a password, on the account page, who has just linked a provider under another name. */
async function linkedPerson(page: Page): Promise<{ person: Person; name: string; ways: Locator }> {
  const person = await newPerson(our);
  const name = newName();
  await page.goto("/sign-in?return_to=%2Faccount");
  await signIn(page, person);
  const ways = page.getByRole("region", { name: "Ways to sign in" });
  await ways.getByRole("button", { name: "Link Example ID" }).click();
  await sayWho(page, name);
  await expect(ways.getByRole("status")).toHaveText("Example ID is linked. You can sign in with it now.");
  return { person, name, ways };
}

async function unlinkIn(ways: Locator): Promise<void> {
  await ways.getByRole("button", { name: "Unlink Example ID" }).click();
  await ways.getByRole("button", { name: "Yes, unlink it" }).click();
}
