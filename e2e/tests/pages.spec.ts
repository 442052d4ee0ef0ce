import { violations } from "../accessibility.ts";
import { expect, keepToken, signIn, test } from "../fixtures.ts";

const pages = ["/", "/sign-in", "/sign-up", "/account", "/notes", "/nowhere"];
const looks = (["light", "dark"] as const).flatMap((colorScheme) => [
  { name: `${colorScheme}, desktop`, colorScheme, viewport: { width: 1280, height: 800 } },
  { name: `${colorScheme}, phone`, colorScheme, viewport: { width: 390, height: 844 } },
]);

for (const path of pages) {
  test(`${path} is for everybody, light and dark, on desktop and phone: axe finds nothing, and nothing is cut off`, async ({
    page,
    person,
  }) => {
    if (path === "/account" || path === "/notes") await keepToken(page, person.accessToken);
    for (const { name, colorScheme, viewport } of looks) {
      await test.step(name, async () => {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.setViewportSize(viewport);
        await page.goto(path);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        if (path === "/account") await expect(page.getByText("Genuine", { exact: true })).toBeVisible();
        if (path === "/notes") await expect(page.getByText("Nothing yet.")).toBeVisible();
        expect(await violations(page)).toEqual([]);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow).toBeLessThanOrEqual(0);
      });
    }
  });
}

test("everything can be done with the keyboard alone", async ({ page, person }) => {
  await page.goto("/sign-in?return_to=%2Faccount");
  await page.getByLabel("Username").waitFor();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  const until = async (name: string) => {
    for (let i = 0; i < 20; i += 1) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => {
        const element = document.activeElement;
        const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element?.textContent;
        return element?.getAttribute("aria-label") ?? label ?? "";
      });
      if (focused.trim() === name) return;
    }
    throw new Error(`The keyboard does not reach "${name}".`);
  };
  await until("Username");
  await page.keyboard.type(person.username);
  await until("Password");
  await page.keyboard.type(person.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await until("Sign out");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/sign-in/);
});

test("a page that does not exist says so, with 404 and a way back", async ({ page }) => {
  const answer = await page.goto("/nowhere");
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.getByRole("main").getByRole("link").first().click();
  await expect(page).toHaveURL("/");
});

test.describe("an error of ours", () => {
  test.use({ provoked: /null|Minified React error/ });

  test("a page that breaks says so, keeps one signed in, and can be tried again", async ({ page, person }) => {
    await keepToken(page, person.accessToken);
    let broken = true;
    // Only what the page asks for by itself, not the provider's own question.
    await page.route("**/api/trpc/auth.whoami?batch=1**", async (route) => {
      if (!broken) return route.continue();
      return route.fulfill({
        contentType: "application/json",
        body: '[{"result":{"data":{"username":"x","scope":null}}}]',
      });
    });
    await page.goto("/account");
    await expect(page.getByRole("heading", { name: "This page broke" })).toBeVisible();
    broken = false;
    await page.getByRole("button", { name: "Try once more" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
  });
});

test("the theme is chosen by hand and kept, with no flash of the other", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/");
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await paper();
  await page.getByRole("banner").getByRole("button", { name: /dark/i }).click();
  await expect.poll(paper).not.toBe(light);
  const dark = await paper();
  await page.addInitScript(() => {
    document.addEventListener("DOMContentLoaded", () => {
      sessionStorage.setItem("first", getComputedStyle(document.documentElement).backgroundColor);
    });
  });
  await page.reload();
  expect(await page.evaluate(() => sessionStorage.getItem("first"))).toBe(dark);
});

test("nothing moves while it becomes known who is here", async ({ page, person }) => {
  await keepToken(page, person.accessToken);
  await page.addInitScript(() => {
    interface Shift {
      value: number;
      sources: { node: Node | null }[];
    }
    const shifts: string[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries() as unknown as Shift[]) {
        shifts.push(`${value.toFixed(4)} ${sources.map(({ node }) => node?.textContent?.slice(0, 40)).join(" | ")}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto("/");
  await expect(page.getByRole("region", { name: "Who you are" }).getByText(person.username)).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts)).toEqual([]);
});

test("a pasted token is taken apart, in this page alone", async ({ page, person }) => {
  await page.goto("/sign-in?return_to=%2Faccount");
  await signIn(page, person);
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.url() + (request.postData() ?? "")));
  const header = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt" })).toString("base64url");
  const payload = Buffer.from(JSON.stringify({ sub: "canary-of-a-paste" })).toString("base64url");
  await page.getByLabel("Take another token apart").fill(`${header}.${payload}.AAAA`);
  await expect(page.getByText("canary-of-a-paste")).toBeVisible();
  await expect(page.getByText("Not accepted here")).toBeVisible();
  expect(sent.filter((text) => text.includes(payload))).toEqual([]);
});
