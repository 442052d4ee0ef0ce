// The pages that have to do with signing in with a provider, looked at in every light: by axe, and by whoever opens the pictures
// in the test results.

import type { Page } from "@playwright/test";
import { violations } from "../accessibility.ts";
import { expect, newPerson, servers, signIn, test } from "../fixtures.ts";
import { continueWith, newName, sayWho } from "../provider-visit.ts";

const our = servers.providers.url;

test.use({ baseURL: our });

const looks = [
  { name: "light", colorScheme: "light", width: 1200, height: 1100 },
  { name: "dark", colorScheme: "dark", width: 1200, height: 1100 },
  { name: "light and narrow", colorScheme: "light", width: 320, height: 900 },
  { name: "dark and narrow", colorScheme: "dark", width: 320, height: 900 },
] as const;

/** As the API says it to a session that began more than ten minutes ago. */
async function refuseOldSignIn(page: Page): Promise<void> {
  const error = { message: "Sign in again.", code: -32_603, data: { reason: "reauthentication_required" } };
  await page.route("**/api/trpc/auth.unlinkProvider**", (route) =>
    route.fulfill({ status: 403, contentType: "application/json", body: JSON.stringify([{ error }]) }),
  );
}

for (const { name, colorScheme, width, height } of looks) {
  test(`pages with providers, ${name}: axe finds nothing, and nothing is cut off`, async ({ page }, testInfo) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const look = async (what: string, part = page.locator("body")) => {
      await page.evaluate(() => document.fonts.ready);
      expect(await violations(page), what).toEqual([]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, what).toBeLessThanOrEqual(0);
      await part.screenshot({ path: testInfo.outputPath(`${what}.png`) });
    };

    await page.goto("/sign-in?provider_error=cancelled");
    await page.getByRole("button", { name: "Continue with Example ID" }).waitFor();
    await look("sign-in");
    await page.goto("/sign-up");
    const person = await newPerson(our);
    const who = newName();
    await continueWith(page, "Example ID", who);
    await page.getByRole("heading", { name: "Choose a username" }).waitFor();
    await look("choose-a-username");
    await page.getByLabel("Username").fill(person.username);
    await page.getByRole("button", { name: "Create the account" }).click();
    await page.getByText("This name is taken").waitFor();
    await look("taken");
    await page.getByLabel("Username").fill(who);
    await page.getByRole("button", { name: "Create the account" }).click();

    const ways = page.getByRole("region", { name: "Ways to sign in" });
    await ways.getByText("Your only way in").waitFor();
    await page.getByText("Genuine", { exact: true }).waitFor();
    await look("account");
    await look("only-way-in", ways);
    await ways.getByRole("button", { name: "Link Town Hall" }).click();
    await ways.getByText("The provider did not answer.").waitFor();
    await look("unavailable", ways);
    await page.getByRole("button", { name: "Sign out", exact: true }).click();

    await signIn(page, person);
    await ways.getByRole("button", { name: "Link GitHub" }).click();
    await sayWho(page, who);
    await ways.getByText("GitHub is linked.").waitFor();
    await look("linked", ways);
    await ways.getByRole("button", { name: "Unlink GitHub" }).click();
    await look("unlink", ways);
    await refuseOldSignIn(page);
    await ways.getByRole("button", { name: "Yes, unlink it" }).click();
    await page.getByRole("group", { name: "Sign in again to change this" }).waitFor();
    await look("sign-in-again", ways);
  });
}
