// What a page of somebody else can do to a person who is signed in here: nothing. In a real browser, with the real cookies.

import type { BrowserContext, Page, Request } from "@playwright/test";
import { expect, newPerson, nobodysCredentials, type Person, servers, signIn, test } from "../fixtures.ts";
import { type OtherPage, startOtherPage } from "../other-page.ts";

// What the browser itself has to say about a page that tries such things.
test.use({
  ...nobodysCredentials,
  provoked: /^request to a foreign host: 127\.0\.0\.1:|^console: .*(CORS policy|fram(e|ing)|ERR_BLOCKED|beacon)/i,
});

const our = servers.main.url;
let other: OtherPage;

test.beforeAll(async () => {
  other = await startOtherPage();
});

test.afterAll(() => other.close());

const places = [
  { name: "the same site", at: "sameSite", cookieComes: true },
  { name: "another site", at: "otherSite", cookieComes: false },
] as const;

/** What changes something, for people or for whoever holds their cookie. */
const targets = [
  "/auth/refresh",
  "/auth/sign-out",
  "/auth/issue-new-token",
  "/auth/revoke",
  "/auth/introspect",
  "/api/trpc/auth.issueToken",
  "/api/trpc/auth.signUp",
  "/api/trpc/auth.refresh",
  "/api/trpc/auth.signOut",
  "/api/trpc/auth.signOutOthers",
  "/api/trpc/auth.signOutEverywhere",
  "/api/trpc/auth.endSession",
  "/api/trpc/auth.changePassword",
];

interface Sent {
  method: string;
  path: string;
  /** Of the answer; or why the browser kept it from the page, after it had come. */
  outcome: number | string;
  cookie: boolean;
}

for (const { name, at, cookieComes } of places) {
  test(`a page of ${name} sends forms, texts and calls to everything that changes something: all are refused, and nothing has changed (WEB-12, WEB-13)`, async ({
    page,
    context,
    person,
  }) => {
    await enter(page, person);
    const before = await stateOf(context, person);
    expect(before.cookies).toHaveLength(1);

    const evil = await context.newPage();
    const sent = sentFrom(evil);
    await evil.goto(other[at]);
    await evil.evaluate(attack, { our, targets, username: person.username, password: person.password });
    // Four forms, five calls, pictures, scripts and frames, to each.
    const count = (wanted: string) =>
      Math.min(...targets.map((to) => sent.filter(({ method, path }) => method === wanted && path === to).length));
    await expect.poll(() => count("POST")).toBeGreaterThanOrEqual(9);
    await expect.poll(() => count("GET")).toBeGreaterThanOrEqual(3);
    expect(sent.filter(({ method, outcome }) => method !== "OPTIONS" && Number(outcome) < 400)).toEqual([]);
    // Cookies of /auth come along from the same site: only then is it shown that something refuses them.
    const withCookie = sent.filter(({ cookie, method }) => cookie && method === "POST");
    expect(new Set(withCookie.map(({ path }) => path))).toEqual(
      new Set(cookieComes ? targets.filter((path) => path.startsWith("/auth/")) : []),
    );

    // A link and a form that take the whole window along.
    for (const path of ["/auth/sign-out", "/auth/refresh", "/api/trpc/auth.signOut", "/api/trpc/auth.signUp"]) {
      for (const method of ["GET", "POST"]) {
        await evil.goto(other[at]);
        const [answer] = await Promise.all([
          evil.waitForResponse((response) => new URL(response.url()).pathname === path),
          evil.waitForURL((url) => url.pathname === path),
          evil.evaluate(navigate, { url: our + path, method }),
        ]);
        expect(answer.status(), `${method} ${path}`).toBeGreaterThanOrEqual(400);
      }
    }

    expect(await stateOf(context, person)).toEqual(before);
    const { username, password } = person;
    const basic = `Basic ${btoa(`${username}:${password}`)}`;
    const issued = await fetch(`${our}/auth/issue-new-token`, { method: "POST", headers: { authorization: basic } });
    expect(issued.status).toBe(200);
    // The name that was to be taken is free.
    expect((await newPerson(our, `mallory-${username}`)).accessToken).toContain("eyJ");
    // And the same cookie is good where it belongs.
    const own = await page.evaluate(async () => {
      const { status } = await fetch("/auth/refresh", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
      });
      return status;
    });
    expect(own).toBe(200);
    await page.reload();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
  });

  test(`a page of ${name} frames nothing of ours, holds no window of ours, and embeds what is public alone`, async ({
    page,
    context,
    person,
  }) => {
    await enter(page, person);
    const evil = await context.newPage();
    await evil.goto(other[at]);
    for (const path of ["/", "/sign-in", "/account", "/nowhere", "/api/protected", "/icon.svg"]) {
      const failed = evil.waitForEvent("requestfailed", (request) => request.url() === our + path);
      await evil.evaluate((src) => {
        const frame = document.createElement("iframe");
        frame.src = src;
        document.body.append(frame);
      }, our + path);
      expect((await failed).failure()?.errorText, path).toBe("net::ERR_BLOCKED_BY_RESPONSE");
    }
    expect(
      evil
        .frames()
        .map((frame) => frame.url())
        .filter((url) => url.startsWith(our)),
    ).toEqual([]);

    const opened = context.waitForEvent("page");
    const held = evil.evaluate(async (url) => {
      const window_ = window.open(url, "held");
      await new Promise((resolve) => setInterval(() => window_?.closed && resolve(undefined), 20));
      return window_?.closed;
    }, `${our}/account`);
    const popup = await opened;
    await expect(popup.getByRole("heading", { level: 1 })).toHaveText(person.username);
    // To the page that opened it, it looks closed; to itself, nobody opened it.
    expect(await held).toBe(true);
    expect(await popup.evaluate(() => [window.opener, window.name])).toEqual([null, ""]);

    const read = (path: string, mode: RequestMode) =>
      evil.evaluate(
        ([url, asked]) =>
          fetch(url, { mode: asked }).then(
            ({ type }) => type,
            () => "refused",
          ),
        [our + path, mode] as const,
      );
    for (const path of ["/icon.svg", "/account", "/api/protected", "/healthz", "/auth/session"]) {
      expect(await read(path, "no-cors"), path).toBe("refused");
      expect(await read(path, "cors"), path).toBe("refused");
    }
    expect(await read("/.well-known/jwks.json", "no-cors")).toBe("opaque");
    expect(await read("/.well-known/jwks.json", "cors")).toBe("cors");
  });
}

async function enter(page: Page, person: Person): Promise<void> {
  await page.goto("/sign-in?return_to=%2Faccount");
  await signIn(page, person);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.username);
}

/** What an attack would change. */
async function stateOf(context: BrowserContext, { accessToken }: Person) {
  const headers = { authorization: `Bearer ${accessToken}` };
  const listed = await (await fetch(`${our}/api/trpc/auth.listSessions`, { headers })).json();
  return {
    cookies: (await context.cookies(`${our}/auth/refresh`)).map(({ name, value }) => `${name}=${value}`),
    sessions: listed.result.data.map(({ sessionId }: { sessionId: string }) => sessionId),
  };
}

/** What a page sends to us from now on, in the order in which it ends. */
function sentFrom(page: Page): Sent[] {
  const sent: Sent[] = [];
  const end = async (request: Request, outcome: number | string) => {
    if (!request.url().startsWith(our)) return;
    const cookie = ((await request.allHeaders())["cookie"] ?? "").includes("signet_refresh");
    sent.push({ method: request.method(), path: new URL(request.url()).pathname, outcome, cookie });
  };
  page.on("response", (response) => void end(response.request(), response.status()));
  page.on("requestfailed", (request) => void end(request, request.failure()?.errorText ?? ""));
  return sent;
}

/** Runs in the page of somebody else. */
async function attack(about: { our: string; targets: string[]; username: string; password: string }): Promise<void> {
  const known = { username: about.username, password: about.password };
  const bodies: Record<string, unknown> = {
    "/api/trpc/auth.issueToken": known,
    "/api/trpc/auth.signUp": { ...known, username: `mallory-${about.username}` },
    "/api/trpc/auth.changePassword": { currentPassword: about.password, newPassword: "a password of somebody else" },
  };
  const called: Promise<unknown>[] = [];
  const note = (call: Promise<unknown>) => called.push(call.catch(() => undefined));
  const sendForm = (action: string, target: string, enctype: string, content?: { name: string; value: string }) => {
    const frame = Object.assign(document.createElement("iframe"), { name: target });
    const form = Object.assign(document.createElement("form"), { method: "post", action, enctype, target });
    if (content !== undefined) form.append(Object.assign(document.createElement("input"), content));
    document.body.append(frame, form);
    form.submit();
  };

  for (const path of about.targets) {
    const url = about.our + path;
    const text = JSON.stringify(bodies[path] ?? {});
    // Where nothing has to be said, an empty form says it.
    sendForm(url, `${path} empty`, "text/plain");
    for (const enctype of ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"]) {
      // As text/plain this becomes JSON: {…,"x":"="}.
      const name = enctype === "text/plain" ? `${text.slice(0, -1)}${text === "{}" ? "" : ","}"x":"` : "json";
      sendForm(url, `${path} ${enctype}`, enctype, { name, value: enctype === "text/plain" ? '"}' : text });
    }
    const blob = new Blob([text], { type: "application/json" });
    note(fetch(url, { method: "POST", mode: "no-cors", credentials: "include" }));
    note(fetch(url, { method: "POST", mode: "no-cors", credentials: "include", body: text }));
    note(fetch(url, { method: "POST", mode: "no-cors", credentials: "include", body: blob }));
    note(fetch(url, { method: "POST", credentials: "include", body: text }));
    note(
      fetch(url, {
        method: "POST",
        credentials: "include",
        headers: { "content-type": "application/json" },
        body: text,
      }),
    );
    navigator.sendBeacon(url, text);
    navigator.sendBeacon(url, blob);
    for (const tag of ["img", "script", "iframe"] as const) {
      const element = document.createElement(tag);
      element.src = `${url}?input=${encodeURIComponent(text)}`;
      document.body.append(element);
    }
  }
  await Promise.all(called);
}

/** Runs in the page of somebody else. */
function navigate({ url, method }: { url: string; method: string }): void {
  const form = document.createElement("form");
  Object.assign(form, { method, action: url });
  document.body.append(form);
  form.submit();
}
