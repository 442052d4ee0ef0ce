// What a person does at a provider of the tests, and what is secret on the way there and back.

import { randomBytes } from "node:crypto";
import { expect, type Page } from "@playwright/test";

/** Somebody whom no account here goes with yet. */
export function newName(): string {
  return `grace.${randomBytes(5).toString("hex")}`;
}

/** On the provider's page: says who they are. */
export async function sayWho(page: Page, name: string): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** From the page for signing in, or up, to the provider and back. */
export async function continueWith(page: Page, label: string, name: string): Promise<void> {
  await page.getByRole("button", { name: `Continue with ${label}` }).click();
  await sayWho(page, name);
}

/** From nobody to a new account under the provider's name. */
export async function signUpWith(page: Page, label: string, name: string): Promise<void> {
  await page.goto("/sign-up");
  await continueWith(page, label, name);
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

/**
 * Goes to the provider and says who comes, but follows the way back only as far as an address of this shape. The tab stays where
 * it is, and could still go there.
 *
 * @returns that address
 */
export async function stopAt(page: Page, shape: RegExp, name: string): Promise<string> {
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Continue with Example ID" }).click();
  await page.getByLabel("Name").waitFor();
  // With the cookies of this browser.
  const { request } = page.context();
  let answer = await request.post(page.url(), { form: { name, action: "sign-in" }, maxRedirects: 0 });
  for (;;) {
    const location = new URL(answer.headers()["location"] ?? "", answer.url()).href;
    expect([302, 303]).toContain(answer.status());
    if (shape.test(location)) return location;
    answer = await request.get(location, { maxRedirects: 0 });
  }
}

export interface Seen {
  /** What came in an address, or went with a request, and is nobody else's to know. */
  secrets: Set<string>;
  /** `METHOD /path` of each request to our API. */
  calls: string[];
  referers: string[];
  /** The address under which our page was asked for with a code. */
  handOver: string | undefined;
  callback: string | undefined;
}

/** Looks at whatever this page asks for. */
export function watchRequests(page: Page): Seen {
  const seen: Seen = { secrets: new Set(), calls: [], referers: [], handOver: undefined, callback: undefined };
  page.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (/^\/(?:api|auth)\//.test(pathname)) seen.calls.push(`${request.method()} ${pathname}`);
    const referer = request.headers()["referer"];
    if (referer !== undefined) seen.referers.push(referer);
    if (pathname.endsWith("/callback")) seen.callback = request.url();
    if (searchParams.has("token")) seen.handOver = request.url();
    for (const name of ["code", "state", "token"]) keep(searchParams.get(name));
    if (!pathname.endsWith("/auth.redeem")) return;
    const body: unknown = JSON.parse(request.postData() ?? "{}");
    for (const name of ["code", "verifier"]) keep(Reflect.get(body as object, name));
  });
  return seen;

  function keep(value: unknown): void {
    if (typeof value === "string") seen.secrets.add(value);
  }
}

/** The addresses of this tab's history that a script of ours can read. */
export function historyOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { navigation } = window as unknown as { navigation: { entries(): { url: string | null }[] } };
    return navigation.entries().map(({ url }) => url ?? "");
  });
}
