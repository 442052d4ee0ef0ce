// A person who has signed up, and a page that is watched: whatever a test does, nothing may leak or complain.

import { randomBytes } from "node:crypto";
import { test as base, expect, type Page } from "@playwright/test";
import { servers } from "./servers.ts";

export { expect, servers };

/** Where the browser keeps the access token. */
export const storageKey = "signet.access_token";

export interface Person {
  username: string;
  password: string;
  accessToken: string;
}

/** Somebody new, known to the server and to no browser yet. */
export async function newPerson(
  serverUrl: string = servers.main.url,
  username = `ada-${randomBytes(5).toString("hex")}`,
): Promise<Person> {
  const password = `four plain words ${randomBytes(3).toString("hex")}`;
  const answer = await fetch(`${serverUrl}/api/trpc/auth.signUp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  const body = await answer.json();
  return { username, password, accessToken: String(body.result.data.accessToken) };
}

/** Puts a token into the browser before any page of the origin runs, once. */
export async function keepToken(page: Page, token: string): Promise<void> {
  await page.addInitScript(
    ([key, value]) => {
      if (sessionStorage.getItem("kept") !== null) return;
      sessionStorage.setItem("kept", "");
      localStorage.setItem(key, value);
    },
    [storageKey, token] as const,
  );
}

export async function signIn(page: Page, { username, password }: Person): Promise<void> {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/**
 * Looks for a text from inside the page, and says when (milliseconds since the epoch) it came or went: what is measured is
 * the page, not the way from the browser to the test.
 */
export function momentWhen(page: Page, selector: string, text: string, shown: boolean): Promise<number> {
  return page.evaluate(
    ([wanted, words, present]) =>
      new Promise<number>((resolve) => {
        const look = () => {
          const found = [...document.querySelectorAll(wanted)].some(({ textContent }) => textContent?.includes(words));
          if (found !== present) return;
          observer.disconnect();
          resolve(Date.now());
        };
        const observer = new MutationObserver(look);
        observer.observe(document, { childList: true, subtree: true, characterData: true });
        look();
      }),
    [selector, text, shown] as const,
  );
}

/**
 * Holds a bound in time on a machine that does nothing else: `npm run test:long`, where the tests tagged `timed` run one by one.
 * Beside others a browser measures how busy the machine is, and what was measured is only noted.
 */
export function expectWithin(boundMs: number, tookMs: number): void {
  base.info().annotations.push({ type: "took", description: `${tookMs} ms, of ${boundMs} ms` });
  if (process.env["SIGNET_LONG_TESTS"] === "1") expect(tookMs).toBeLessThan(boundMs);
}

/** For tests with `expectWithin`. */
export const timed = { tag: "@timed" };

/** When the next click reaches the page, in milliseconds since the epoch. */
export function momentOfClick(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        addEventListener("click", () => resolve(Date.now()), { capture: true, once: true });
      }),
  );
}

/** What is wrong with a page that no test may overlook. */
function watch(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // A refusal or a dead server is announced by the browser itself; those are what tests are about.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(`console: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    const ours = [url.protocol === "data:", url.hostname === "localhost"];
    if (!ours.includes(true)) complaints.push(`request to a foreign host: ${url.host}`);
    if (request.url().includes("eyJ") && !request.isNavigationRequest())
      complaints.push(`token in a URL: ${url.pathname}`);
    if ((request.headers()["referer"] ?? "").includes("eyJ")) complaints.push("token in a Referer");
  });
  return complaints;
}

/**
 * What is typed into the browser's own password box, where an answer asks for Basic credentials: a browser with windows would wait for it
 * for ever. They are nobody's.
 */
export const nobodysCredentials = { httpCredentials: { username: "nobody", password: "a password of nobody at all" } };

interface Fixtures {
  person: Person;
  /** What a test means to provoke. */
  provoked: RegExp | undefined;
  watched: undefined;
}

export const test = base.extend<Fixtures>({
  provoked: [undefined, { option: true }],

  // oxlint-disable-next-line no-empty-pattern -- Playwright wants the pattern
  person: async ({}, use) => use(await newPerson()),

  watched: [
    async ({ context, provoked }, use) => {
      const complaints: string[] = [];
      const pages: string[][] = [];
      context.on("page", (page) => pages.push(watch(page)));
      await context.exposeBinding("reportViolation", (_source, text: string) => complaints.push(`policy: ${text}`));
      await context.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => {
          const report = (window as unknown as { reportViolation(text: string): void }).reportViolation;
          report(`${event.violatedDirective} ${event.blockedURI}`);
        });
      });
      await use(undefined);
      expect([...complaints, ...pages.flat()].filter((text) => provoked?.test(text) !== true)).toEqual([]);
    },
    { auto: true },
  ],
});
