import { generateKeyPairSync, sign } from "node:crypto";
import {
  expect,
  expectWithin,
  keepToken,
  momentWhen,
  newPerson,
  type Person,
  servers,
  signIn,
  storageKey,
  test,
  timed,
} from "../fixtures.ts";

const stored = (key: string) => localStorage.getItem(key);

function tampered(token: string): string {
  const at = token.lastIndexOf(".") + 5;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}

/** The same header and claims under a key of somebody else. */
function foreign(token: string): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const input = token.slice(0, token.lastIndexOf("."));
  const signature = sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

for (const [name, spoil] of [
  ["a tampered token", tampered],
  ["a token of a foreign key", foreign],
  ["text that is no token", () => "hello"],
  ["a prototype's name", () => "__proto__"],
  ["five megabytes", () => "x".repeat(5_000_000)],
  ["JSON of another kind", () => JSON.stringify({ accessToken: 1 })],
] as [string, (token: string) => string][]) {
  test(`${name} in storage is removed, and the person asked to sign in (WEB-04)`, async ({ page, person }) => {
    await keepToken(page, spoil(person.accessToken));
    await page.goto("/account");
    await expect(page).toHaveURL(/\/sign-in/);
    await expect(page.getByText(/could not be used any more/)).toBeVisible();
    expect(await page.evaluate(stored, storageKey)).toBeNull();
    await signIn(page, person);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
  });
}

test("a token that ends while one looks on: the page says so, and signing in returns to it", async ({ page }) => {
  const person = await newPerson(servers.shortLived.url);
  await keepToken(page, person.accessToken);
  await page.goto(`${servers.shortLived.url}/account`);
  await expect(page).toHaveURL(/\/sign-in\?return_to=%2Faccount/, { timeout: 15_000 });
  await expect(page.getByText(/come to the end of its time/)).toBeVisible();
  await signIn(page, person);
  await expect(page).toHaveURL(/\/account/);
});

test("a token that ended long ago is removed at the next visit", async ({ page }) => {
  const person = await newPerson(servers.shortLived.url);
  const { exp } = JSON.parse(Buffer.from(person.accessToken.split(".")[1] ?? "", "base64url").toString());
  await expect.poll(() => Date.now() / 1000 - exp, { timeout: 10_000 }).toBeGreaterThan(0);
  await keepToken(page, person.accessToken);
  await page.goto(`${servers.shortLived.url}/`);
  await expect(page.getByText("Nobody yet")).toBeVisible();
  expect(await page.evaluate(stored, storageKey)).toBeNull();
});

test.describe("a token in the address", () => {
  const { url } = servers.handOver;
  let person: Person;
  test.beforeEach(async () => {
    person = await newPerson(url);
  });

  const askedFor = () => sessionStorage.setItem("signet.token_asked_at", String(Date.now()));

  test("that this tab asked for signs in; the address is clean before anything else (WEB-01)", async ({ page }) => {
    await page.goto(url);
    // The page answers the question once, when it begins: only after that can it be asked anew.
    await expect(page.getByText("Nobody yet")).toBeVisible();
    await page.evaluate(askedFor);
    await page.goto(`${url}/?token=${person.accessToken}`);
    await expect(page.getByRole("region", { name: "Who you are" }).getByText(person.username)).toBeVisible();
    expect(page.url()).toBe(`${url}/`);
    await page.reload();
    await expect(page.getByRole("link", { name: person.username })).toBeVisible();
    await page.goBack();
    expect(page.url()).not.toContain("eyJ");
  });

  test("that nobody asked for is a question first: yes", async ({ page }) => {
    await page.goto(`${url}/?token=${person.accessToken}`);
    await expect(page.getByRole("heading", { name: `Continue as ${person.username}?` })).toBeVisible();
    expect(page.url()).toBe(`${url}/`);
    expect(await page.evaluate(stored, storageKey)).toBeNull();
    await page.getByRole("button", { name: `Continue as ${person.username}` }).click();
    await expect(page.getByRole("region", { name: "Who you are" }).getByText(person.username)).toBeVisible();
  });

  test("that nobody asked for is a question first: no", async ({ page }) => {
    await page.goto(`${url}/?token=${person.accessToken}`);
    await page.getByRole("button", { name: "No, forget it" }).click();
    await expect(page.getByText("Nobody yet")).toBeVisible();
    await page.reload();
    await expect(page.getByText("Nobody yet")).toBeVisible();
    await expect(page.getByRole("heading", { name: /Continue as/ })).toHaveCount(0);
  });

  test("never takes the place of a session (WEB-02)", async ({ page }) => {
    const attacker = await newPerson(url);
    await page.goto(`${url}/sign-in`);
    await signIn(page, person);
    await expect(page.getByRole("link", { name: person.username })).toBeVisible();
    for (const asked of [false, true]) {
      if (asked) await page.evaluate(askedFor);
      await page.goto(`${url}/?token=${attacker.accessToken}`);
      await expect(page.getByRole("region", { name: "Who you are" }).getByText(person.username)).toBeVisible();
      await expect(page.getByText(attacker.username)).toHaveCount(0);
      expect(page.url()).toBe(`${url}/`);
    }
  });

  for (const [name, query] of [
    ["junk", "token=junk"],
    ["script text", `token=${encodeURIComponent("<script>alert(1)</script>")}`],
    ["two tokens", "token=a.b.c&token=d.e.f"],
    ["nothing", "token="],
    ["one encoded twice", `token=${encodeURIComponent(encodeURIComponent("a.b.c"))}`],
  ] as const) {
    test(`${name}: ignored, and gone from the address`, async ({ page }) => {
      await page.goto(url);
      await page.evaluate(askedFor);
      await page.goto(`${url}/?${query}&kept=1`);
      await expect(page.getByText("Nobody yet")).toBeVisible();
      expect(page.url()).toBe(`${url}/?kept=1`);
    });
  }

  test("counts for nothing where it is not switched on, and is cleaned all the same", async ({ page }) => {
    const here = await newPerson();
    await page.goto(`/?token=${here.accessToken}`);
    await expect(page.getByText("Nobody yet")).toBeVisible();
    expect(page.url()).toBe(`${servers.main.url}/`);
  });
});

test("storage that is full or forbidden: one can sign in, for this page (WEB-08)", async ({ page, person }) => {
  await page.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await page.goto("/sign-in?return_to=%2Faccount");
  await signIn(page, person);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
});

test(
  "storage that is cleared by hand signs this tab out within a second of coming back to it",
  timed,
  async ({ page, context, person }) => {
    await keepToken(page, person.accessToken);
    await page.goto("/account");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
    const other = await context.newPage();
    await other.goto("/healthz");
    const gone = momentWhen(page, "h1", person.username, false);
    const cleared = await other.evaluate(() => {
      localStorage.clear();
      return Date.now();
    });
    expectWithin(1_000, (await gone) - cleared);
    await expect(page).toHaveURL(/\/sign-in/);
  },
);
