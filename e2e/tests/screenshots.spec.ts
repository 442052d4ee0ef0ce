import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, keepToken, newPerson, test } from "../fixtures.ts";

/** With SCREENSHOTS=1 the pictures of the README are made anew; otherwise they go where test results go. */
const images = fileURLToPath(new URL("../../docs/images", import.meta.url));

test("the pictures of the README can be taken", async ({ page }, testInfo) => {
  const keep = process.env["SCREENSHOTS"] === "1";
  if (keep) mkdirSync(images, { recursive: true });
  const person = await newPerson(undefined, "ada.lovelace");
  await keepToken(page, person.accessToken);
  await page.setViewportSize({ width: 1200, height: 1400 });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.goto("/account");
    await expect(page.getByText("Genuine", { exact: true })).toBeVisible();
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({
      path: keep ? `${images}/account-${colorScheme}.png` : testInfo.outputPath(`${colorScheme}.png`),
    });
  }
});
