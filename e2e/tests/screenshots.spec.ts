import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, newPerson, servers, signIn, test } from "../fixtures.ts";

/** With SCREENSHOTS=1 the pictures of the README are made anew; otherwise they go where test results go. */
const images = fileURLToPath(new URL("../../docs/images", import.meta.url));

const phoneAgent =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";

test("the pictures of the README can be taken", async ({ page }, testInfo) => {
  const keep = process.env["SCREENSHOTS"] === "1";
  if (keep) mkdirSync(images, { recursive: true });
  const pathOf = (name: string) => (keep ? `${images}/${name}` : testInfo.outputPath(name));

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
  for (const colorScheme of ["light", "dark"] as const) {
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
