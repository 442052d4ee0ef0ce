import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, newPerson, servers, signIn, test } from "../fixtures.ts";
import { newName } from "../provider-visit.ts";

const images = fileURLToPath(new URL("../../docs/images", import.meta.url));
const keep = process.env["SCREENSHOTS"] === "1";

/** With SCREENSHOTS=1 the pictures of README and docs are made anew; otherwise they go where test results go. */
function pathOf(name: string): string {
  if (!keep) return test.info().outputPath(name);
  mkdirSync(images, { recursive: true });
  return `${images}/${name}`;
}

const lights = ["light", "dark"] as const;

const phoneAgent =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";

test("the pictures of the README can be taken", async ({ page }) => {
  const { username, password, accessToken } = await newPerson(undefined, "ada.lovelace");
  const ask = (name: string, headers: Record<string, string>, input?: object) =>
    fetch(`${servers.main.url}/api/trpc/auth.${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      ...(input === undefined ? {} : { body: JSON.stringify(input) }),
    });
  // What signed up was this test, which is no device.
  await ask("signOut", { authorization: `Bearer ${accessToken}` });
  await ask("issueToken", { "user-agent": phoneAgent }, { username, password, refreshToken: "none" });

  await page.setViewportSize({ width: 1200, height: 1240 });
  await page.goto("/sign-in?return_to=%2Faccount");
  await signIn(page, { username, password, accessToken });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(username);
  for (const colorScheme of lights) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.goto("/account");
    await expect(page.getByText("Genuine", { exact: true })).toBeVisible();
    await expect(page.getByText("Safari on an iPhone")).toBeVisible();
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: pathOf(`account-${colorScheme}.png`) });
    await page
      .getByRole("region", { name: "Your token, taken apart" })
      .evaluate((section) => scrollTo(0, section.getBoundingClientRect().top + scrollY - 48));
    await page.screenshot({ path: pathOf(`token-${colorScheme}.png`) });
  }
});

/** Somebody new each time: the second time there would be an account. */
const people = { light: "grace", dark: "edsger" };

for (const colorScheme of lights) {
  test(`the pictures of docs/sign-in-with.md can be taken, ${colorScheme}`, async ({ page }) => {
    const our = servers.providers.url;
    await page.setViewportSize({ width: 760, height: 760 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const take = async (what: string, part = page.locator("body")) => {
      await page.evaluate(() => document.fonts.ready);
      await part.screenshot({ path: pathOf(`provider-${what}-${colorScheme}.png`) });
    };
    await page.goto(`${our}/sign-in?return_to=%2Faccount`);
    await page.getByRole("button", { name: "Continue with Example ID" }).waitFor();
    await take("1-buttons");
    await page.getByRole("button", { name: "Continue with Example ID" }).click();
    await page.getByLabel("Name").fill(keep ? people[colorScheme] : newName());
    await take("2-elsewhere");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Choose a username" }).waitFor();
    await take("3-username");
    await page.getByRole("button", { name: "Create the account" }).click();
    const ways = page.getByRole("region", { name: "Ways to sign in" });
    await ways.getByText("Your only way in").waitFor();
    await expect(ways.getByRole("alert")).toHaveText("");
    await take("4-ways", ways);
  });
}
