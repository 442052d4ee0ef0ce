// Text that would be a script if anybody took it for more than text: in addresses, in what people write, in what programs say of
// themselves, in answers. It must be shown as it is, or not at all. That our policy would stop it does not count: a script that had
// to be stopped is a complaint (`watched` in the fixtures), and so is one that ran.

import type { Page } from "@playwright/test";
import { expect, keepToken, nobodysCredentials, type Person, servers, signIn, storageKey, test } from "../fixtures.ts";

const our = servers.main.url;
/** In a tag, out of an attribute, out of a script, out of a title or comment, in a template, in a string. */
const canary =
  `"'><img src=x onerror=canary()><svg/onload=canary()><script>canary()</script>` +
  "</script></title></textarea>--><script>canary()</script><iframe srcdoc='<script>parent.canary()</script>'>" +
  "\\u003cscript>canary()</script>${canary()}{{canary()}}';canary();//";
const encoded = encodeURIComponent(canary);

// The feed asks for them.
test.use(nobodysCredentials);

let ran: string[];

test.beforeEach(async ({ context }) => {
  ran = [];
  await context.exposeFunction("canary", () => ran.push("ran"));
});

/** Nothing of it became an element, and nothing ran. */
async function expectQuiet(page: Page): Promise<void> {
  const made = "img[src='x'], svg[onload], iframe, [onerror], script:not([nonce]):not([src])";
  expect(await page.locator(made).count()).toBe(0);
  expect(ran).toEqual([]);
}

test("in addresses of pages", async ({ page }) => {
  for (const path of [
    `/sign-in?return_to=/${encoded}`,
    `/sign-up?return_to=/${encoded}`,
    `/sign-in?why=${encoded}&everywhere=${encoded}&${encoded}=${encoded}`,
    `/${encoded}`,
    `/account?${encoded}#${encoded}`,
    `/?token=${encoded}`,
    `/notes?token=a.${encoded}.b`,
  ]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectQuiet(page);
  }
  // It is there, as text.
  await page.goto(`/sign-in?return_to=/${encodeURIComponent("<b>canary</b>")}`);
  await expect(page.getByText("canary", { exact: false }).first()).toBeVisible();
  await expect(page.locator("b")).toHaveCount(0);
});

test("in answers that are opened as pages of their own", async ({ page }) => {
  const opened: [path: string, type: RegExp][] = [
    [`/api/trpc/${encoded}`, /^application\/json/],
    [`/api/trpc/auth.whoami?input=${encoded}`, /^application\/json/],
    [`/api/trpc/auth.whoami,${encoded}?batch=1`, /^application\/json/],
    [`/api/${encoded}`, /^application\/json/],
    [`/api/protected?${encoded}`, /^application\/json/],
    [`/auth/${encoded}`, /^application\/json/],
    [`/auth/revocations?after=${encoded}`, /^application\/json/],
    [`/.well-known/${encoded}`, /^application\/json/],
    ["/.well-known/jwks.json", /^application\/jwk-set\+json/],
    [`/_next/static/${encoded}`, /^text\/plain/],
    ["/icon.svg", /^image\/svg\+xml/],
    ["/healthz", /^application\/json/],
  ];
  for (const [path, type] of opened) {
    const answer = await page.goto(path);
    expect(answer?.headers()["content-type"], path).toMatch(type);
    await expectQuiet(page);
  }
});

test("in what people write and programs say of themselves: notes, devices, storage, pasted tokens", async ({
  page,
  person,
}) => {
  const { username, password } = person;
  // Names are letters, digits and a few signs: this is none.
  const named = await fetch(`${our}/api/trpc/auth.signUp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "<b>canary</b>", password }),
  });
  expect(named.status).toBe(400);
  const authorization = `Basic ${btoa(`${username}:${password}`)}`;
  const headers = { authorization, "user-agent": canary };
  expect((await fetch(`${our}/auth/issue-new-token`, { method: "POST", headers })).status).toBe(200);

  await page.addInitScript((text) => localStorage.setItem("signet.theme", text), canary);
  await enter(page, person, "/notes");
  await page.getByLabel("A new note").fill(canary);
  await page.getByRole("button", { name: "Keep it" }).click();
  await expect(page.getByRole("list", { name: "Notes" })).toContainText(canary);
  await expectQuiet(page);

  await page.goto("/account");
  const devices = page.getByRole("region", { name: "Your devices" });
  await expect(devices.getByRole("listitem")).toHaveCount(3);
  await expect(devices).toContainText("An unknown device");
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = `${part({ alg: canary, [canary]: canary })}.${part({ sub: canary, [canary]: [canary], iss: { a: canary } })}.AAAA`;
  await page.getByLabel("Take another token apart").fill(token);
  await expect(page.getByText("Not accepted here")).toBeVisible();
  await expect(page.getByText("canary()").first()).toBeVisible();
  await page.getByLabel("Take another token apart").fill(canary);
  await expectQuiet(page);

  await page.evaluate(([key, value]) => localStorage.setItem(key, value), [storageKey, token] as const);
  await page.reload();
  await expectQuiet(page);
});

test.describe("in answers of a server that somebody has got hold of", () => {
  // A whole answer of another kind breaks the page, and it says so.
  test.use({ provoked: /Minified React error|^console: .*Error/ });

  test("names, devices, addresses and errors are text still", async ({ page, person }) => {
    await keepToken(page, person.accessToken);
    await page.route(/auth\.whoami|auth\.listSessions/, async (route) => {
      const answer = await route.fetch();
      const body = JSON.stringify(await answer.json(), (key, value) =>
        ["username", "device", "address", "scope"].includes(key) && !Array.isArray(value) ? canary : value,
      );
      await route.fulfill({ response: answer, body });
    });
    await page.goto("/account");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(canary);
    await expect(page.getByRole("region", { name: "Your devices" })).toContainText(`From ${canary}`);
    await expectQuiet(page);
    await page.goto("/");
    await expect(page.getByRole("region", { name: "Who you are" })).toContainText("canary()");
    await expectQuiet(page);
  });

  for (const reason of ["input_invalid", "internal_error", "password_unacceptable", canary]) {
    test(`an error of the kind ${reason.slice(0, 24)} is text still`, async ({ page, person }) => {
      const data = {
        reason,
        field: canary,
        problem: canary,
        errorId: canary,
        code: canary,
        path: canary,
        httpStatus: 400,
      };
      await page.route(/auth\.issueToken/, (route) =>
        route.fulfill({ status: 400, json: { error: { message: canary, code: -32_600, data } } }),
      );
      await page.goto("/sign-in");
      await signIn(page, person);
      await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
      await expect(page.getByText(/canary\(\)|Something went wrong/).first()).toBeVisible();
      await expectQuiet(page);
    });
  }
});

async function enter(page: Page, person: Person, path: string): Promise<void> {
  await page.goto(`/sign-in?return_to=${encodeURIComponent(path)}`);
  await signIn(page, person);
  await page.waitForURL(our + path);
}
