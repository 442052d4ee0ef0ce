import { expect, signIn, test } from "../fixtures.ts";

test("shots", async ({ page, person }) => {
  for (const [name, scheme, width] of [
    ["light", "light", 1280],
    ["dark-phone", "dark", 390],
  ] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    if (name === "light") {
      await page.goto("/sign-in?return_to=%2Fnotes");
      await signIn(page, person);
    } else await page.goto("/notes");
    await expect(page.getByText(name === "light" ? "Nothing yet." : "Kept for you")).toBeVisible();
    if (name === "light") {
      await page.screenshot({ path: "/tmp/notes-empty.png", fullPage: true });
      for (const text of [
        "Seal your letters.\nOnly you can.",
        "A longer note that says a little more, so that its line has to be broken somewhere along the way, and one sees how.",
      ]) {
        await page.getByLabel("A new note").fill(text);
        await page.getByRole("button", { name: "Keep it" }).click();
        await expect(page.getByLabel("A new note")).toHaveValue("");
      }
      await page.getByRole("button", { name: "Keep it" }).click();
    }
    await page.waitForTimeout(500);
    await page.screenshot({ path: `/tmp/notes-${name}.png`, fullPage: true });
    await page.goto("/");
    await page.waitForTimeout(800);
    await page.screenshot({ path: `/tmp/home-${name}.png` });
  }
});
