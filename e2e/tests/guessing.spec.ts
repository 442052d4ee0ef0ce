// Strangers who guess at somebody's password, and the owner of the account meanwhile.

import { expect, newPerson, servers, signIn, test } from "../fixtures.ts";

const signInPage = "/sign-in";

async function guess(username: string): Promise<number> {
  const answer = await fetch(`${servers.main.url}/api/trpc/auth.issueToken`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password: "a guess, and a wrong one" }),
  });
  return answer.status;
}

test("keep the owner out of no browser that they have signed in with, and read elsewhere how long to wait", async ({
  page,
  browser,
}) => {
  const person = await newPerson();
  await page.goto(signInPage);
  await signIn(page, person);
  await expect(page.getByRole("link", { name: person.username })).toBeVisible();
  await page.goto("/account");
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page).toHaveURL(/\/sign-in/);

  const guesses = await Promise.all(Array.from({ length: 14 }, () => guess(person.username)));
  expect(guesses.filter((status) => status === 401)).toHaveLength(10);
  expect(guesses.filter((status) => status === 429)).toHaveLength(4);

  const elsewhere = await browser.newPage();
  await elsewhere.goto(servers.main.url + signInPage);
  await signIn(elsewhere, person);
  await expect(elsewhere.getByRole("alert").filter({ hasText: "Too many tries. Wait 15 minutes" })).toBeVisible();
  await expect(elsewhere.getByLabel("Username")).toHaveValue(person.username);
  await elsewhere.close();

  await signIn(page, person);
  await expect(page.getByRole("link", { name: person.username })).toBeVisible();
});

test("a known device's cookie is seen by no script and sent to the sign-in alone", async ({ page, context }) => {
  const person = await newPerson();
  await page.goto(signInPage);
  await signIn(page, person);
  await expect(page.getByRole("link", { name: person.username })).toBeVisible();
  const cookies = (await context.cookies(`${servers.main.url}/api/trpc/auth.issueToken`)).filter(({ name }) =>
    name.startsWith("signet_device_"),
  );
  expect(cookies).toMatchObject([{ httpOnly: true, sameSite: "Strict", path: "/api/trpc/auth.issueToken" }]);
  expect(await context.cookies(`${servers.main.url}/api/trpc/auth.whoami`)).toEqual([]);
  expect(await page.evaluate(() => document.cookie)).toBe("");
});
