import {
  expect,
  expectWithin,
  momentOfClick,
  momentWhen,
  newPerson,
  servers,
  signIn,
  storageKey,
  test,
  timed,
} from "../fixtures.ts";

test("signs up, is known, survives a reload, signs out", async ({ page }) => {
  const { username, password } = { username: `eve-${Date.now()}`, password: "a lamp under seven apples" };
  await page.goto("/");
  await expect(page.getByText("Nobody yet")).toBeVisible();
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Create the account" }).click();

  await expect(page.getByRole("heading", { level: 1 })).toHaveText(username);
  await expect(page.getByText("Genuine", { exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(username);
  await page.goto("/");
  await expect(page.getByRole("region", { name: "Who you are" }).getByText(username)).toBeVisible();
  await page.getByRole("link", { name: "See your token taken apart" }).click();
  await expect(page).toHaveURL(/\/account/);

  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  expect(await page.evaluate((key) => localStorage.getItem(key), storageKey)).toBeNull();
});

test("says beside the field that the password is wrong, keeps the name, and takes the right one after that", async ({
  page,
  person,
}) => {
  await page.goto("/sign-in");
  await signIn(page, { ...person, password: "not what it was, by far" });
  await expect(page.getByText("Username and password do not match.")).toBeVisible();
  await expect(page.getByLabel("Password", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Username")).toHaveValue(person.username);

  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("link", { name: person.username })).toBeVisible();
});

test("an unknown name gets the very same words", async ({ page, person }) => {
  await page.goto("/sign-in");
  await signIn(page, { ...person, username: "nobody-at-all" });
  await expect(page.getByText("Username and password do not match.")).toBeVisible();
});

test("says beside the name that it is taken", async ({ page, person }) => {
  await page.goto("/sign-up");
  await page.getByLabel("Username").fill(person.username.toUpperCase());
  await page.getByLabel("Password", { exact: true }).fill("a lamp under seven apples");
  await page.getByRole("button", { name: "Create the account" }).click();
  await expect(page.getByText("This name is taken. Choose another one.")).toBeVisible();
});

for (const { name, password, words } of [
  { name: "short", password: "tiny", words: /Too short: at least 15 characters/ },
  { name: "common", password: "passwordpassword", words: /guessed/ },
]) {
  test(`says beside the field why a ${name} password is refused`, async ({ page }) => {
    await page.goto("/sign-up");
    await page.getByLabel("Username").fill(`weak-${Date.now()}`);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Create the account" }).click();
    await expect(page.getByText(words).first()).toBeVisible();
    await expect(page).toHaveURL(/sign-up/);
  });
}

test("password fields work with managers and paste (WEB-16)", async ({ page }) => {
  for (const [path, complete] of [
    ["/sign-in", "current-password"],
    ["/sign-up", "new-password"],
  ] as const) {
    await page.goto(path);
    const field = page.getByLabel("Password", { exact: true });
    await expect(field).toHaveAttribute("type", "password");
    await expect(field).toHaveAttribute("autocomplete", complete);
    await expect(page.getByLabel("Username")).toHaveAttribute("autocomplete", "username");
    await field.focus();
    await page.keyboard.insertText("pasted in one go");
    await expect(field).toHaveValue("pasted in one go");
  }
});

test(
  "a second tab knows who is here, and follows a sign-out within a second (WEB-07)",
  timed,
  async ({ page, context, person }) => {
    await page.goto("/sign-in");
    await signIn(page, person);
    await expect(page.getByRole("link", { name: person.username })).toBeVisible();
    const other = await context.newPage();
    await other.goto("/account");
    await expect(other.getByRole("heading", { level: 1 })).toHaveText(person.username);

    const gone = momentWhen(other, "h1", person.username, false);
    const clicked = momentOfClick(page);
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    expectWithin(1_000, (await gone) - (await clicked));
    await expect(other).toHaveURL(/\/sign-in/);
    await expect(other.getByText(/was ended: in another tab/)).toBeVisible();
  },
);

test("a second tab follows a sign-in within a second (WEB-07)", timed, async ({ page, context, person }) => {
  const other = await context.newPage();
  await other.goto("/");
  await expect(other.getByText("Nobody yet")).toBeVisible();
  const known = momentWhen(other, "section", person.username, true);
  await page.goto("/sign-in");
  const here = momentWhen(page, "header a", person.username, true);
  await signIn(page, person);
  expectWithin(1_000, (await known) - (await here));
  await expect(other.getByRole("region", { name: "Who you are" }).getByText(person.username)).toBeVisible();
});

test("between two people nothing of the first is shown to the second", async ({ page, person }) => {
  await page.goto("/sign-in?return_to=%2Faccount");
  await signIn(page, person);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();

  const seen: string[] = [];
  await page.exposeFunction("note", (text: string) => seen.push(text));
  await page.evaluate(() => {
    const note = (window as unknown as { note(text: string): void }).note;
    new MutationObserver(() => note(document.body.innerText)).observe(document.body, {
      childList: true,
      subtree: true,
      characterData: true,
    });
  });
  const second = await newPerson();
  await signIn(page, second);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(second.username);
  await expect(page.getByText("Genuine", { exact: true })).toBeVisible();
  expect(seen.filter((text) => text.includes(person.username))).toEqual([]);
});

test("a protected page sends to sign-in, says why, and returns; nothing of it is rendered before (WEB-04)", async ({
  page,
  person,
}) => {
  const seen: string[] = [];
  await page.exposeFunction("note", (text: string) => seen.push(text));
  await page.addInitScript(() => {
    const note = (window as unknown as { note(text: string): void }).note;
    new MutationObserver(() => document.body && note(document.body.innerText)).observe(document, {
      childList: true,
      subtree: true,
    });
  });
  await page.goto("/account?view=token");
  await expect(page).toHaveURL(/\/sign-in\?return_to=%2Faccount%3Fview%3Dtoken/);
  await expect(page.getByText("/account?view=token")).toBeVisible();
  expect(seen.filter((text) => text.includes("whoami"))).toEqual([]);
  await signIn(page, person);
  await expect(page).toHaveURL(/\/account\?view=token$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
});

for (const target of [
  "//evil.example",
  "/\\evil.example",
  "https:evil.example",
  "javascript:alert(1)",
  "/%09/evil.example",
  "/..//evil.example",
]) {
  test(`return_to=${target} stays here (OAU-09)`, async ({ page, person }) => {
    await page.goto(`/sign-in?return_to=${encodeURIComponent(target)}`);
    await signIn(page, person);
    await expect(page.getByRole("link", { name: person.username })).toBeVisible();
    await expect.poll(() => new URL(page.url()).pathname).not.toBe("/sign-in");
    expect(new URL(page.url()).origin).toBe(servers.main.url);
  });
}
