// Signing in with a provider: what leaves this page, and what becomes of the code that comes back.

import { afterEach, describe, expect, it, vi } from "vitest";
import { hashOf } from "../test/fake-hand-overs.ts";
import {
  ada,
  baseUrl,
  bob,
  createFakeTab,
  flush,
  later,
  networkError,
  refusal,
  type SetUpOptions,
  setUp,
  tokenFor,
} from "../test/harness.ts";
import { setUpTab } from "../test/provider-tab.ts";
import { type AddressWindow, createAddressToken } from "./address-token.ts";
import { AuthClientError } from "./auth-client-error.ts";
import { handOverGoodMs, handOverKey } from "./hand-over.ts";

afterEach(() => vi.unstubAllGlobals());

const paths = (requests: { path: string }[]) => requests.map(({ path }) => path);

describe("setting out for a provider", () => {
  it("goes to the API's start address, with the hash of what it keeps and the way back", async () => {
    const { client, items, went } = setUpTab();
    await client.signInWith("example", { returnTo: "/sign-in?return_to=%2Faccount" });
    const { origin, pathname, searchParams } = new URL(went[0] ?? "");
    expect(origin + pathname).toBe(`${baseUrl}/auth/oidc/example/start`);
    const { verifier, provider, purpose } = JSON.parse(items.get(handOverKey) ?? "") as Record<string, string>;
    expect({ provider, purpose }).toEqual({ provider: "example", purpose: "sign-in" });
    expect(verifier).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(Object.fromEntries(searchParams)).toEqual({
      challenge: hashOf(String(verifier)),
      return_to: "/sign-in?return_to=%2Faccount",
    });
    expect(went[0]).not.toContain(verifier);
  });

  it("goes to where the API is, also on another origin and below a path", async () => {
    const { open, went } = setUpTab();
    await open({ baseUrl: "https://api.example", basePath: "/signet" }).client.signInWith("example");
    expect(went[0]).toMatch(/^https:\/\/api\.example\/signet\/auth\/oidc\/example\/start\?challenge=/);
  });

  it.each(["https://evil.example/", "//evil.example", "/\\evil.example", "account", ""])(
    "comes back to no other origin: %j",
    async (returnTo) => {
      const { client, went } = setUpTab();
      await client.signInWith("example", { returnTo });
      expect(new URL(went[0] ?? "").searchParams.get("return_to")).toBe("/");
    },
  );

  it.each(["..", ".", "", "a/b", "a?b", "a#b", "%2e%2e", "a".repeat(65)])("knows no provider %j", async (name) => {
    const { client, items, went } = setUpTab();
    await expect(client.signInWith(name)).rejects.toMatchObject({ reason: "input_invalid" });
    expect([went, [...items]]).toEqual([[], []]);
  });

  it("keeps what it goes with, where it was pressed twice", async () => {
    const { client, server, went, load } = setUpTab();
    await Promise.all([client.signInWith("example"), client.signInWith("example")]);
    expect(new Set(went).size).toBe(2);
    const next = load(server.handOvers.grant(went.at(-1), ada));
    await flush();
    expect(next.client.getState().status).toBe("signed-in");
  });

  it("goes nowhere where the tab keeps nothing, and says so", async () => {
    const { client, went } = setUpTab({ tabStorage: { getItem: () => null, setItem: () => {}, removeItem: () => {} } });
    await expect(client.signInWith("example")).rejects.toMatchObject({
      reason: "unsupported",
      details: { problem: "no_tab_storage" },
    });
    expect(went).toEqual([]);
  });

  it("goes nowhere from a page that came over plain http, and says so", async () => {
    vi.stubGlobal("crypto", { getRandomValues: () => {} });
    const { client, items, went } = setUpTab();
    await expect(client.signInWith("example")).rejects.toMatchObject({
      reason: "unsupported",
      details: { problem: "no_secure_context" },
    });
    expect([went, [...items]]).toEqual([[], []]);
  });

  it("is not possible outside a browser, which is said", async () => {
    const { client } = setUp();
    await expect(client.signInWith("example")).rejects.toMatchObject({ reason: "unsupported" });
  });
});

describe("coming back with a code (WEB-03)", () => {
  it("is loading until the code is redeemed, and then signed in", async () => {
    const { server, browser, load, signInAs } = setUpTab();
    const code = await signInAs(ada);
    const answer = later();
    server.respond(({ path }) => (path === "auth.redeem" ? answer.answer : undefined));
    const { client } = load(code);
    await flush();
    expect(client.getState()).toEqual({ status: "loading", identity: 0 });
    const token = client.getAccessToken();
    const [request] = server.requests;
    answer.give(server.answer(request ?? { path: "", authorization: null, body: {}, init: {} }));
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(browser.stored()).toBe(tokenFor(ada));
    expect(await token).toBe(tokenFor(ada));
    expect(paths(server.requests)).toEqual(["auth.redeem", "auth.whoami"]);
  });

  it("sends code and verifier by POST, once, in a body, and nothing of it elsewhere", async () => {
    const { server, items, load, signInAs } = setUpTab();
    const code = await signInAs(ada);
    const { verifier } = JSON.parse(items.get(handOverKey) ?? "") as { verifier: string };
    load(code);
    await flush();
    const [request] = server.requests;
    expect(request).toMatchObject({
      path: "auth.redeem",
      authorization: null,
      body: { code, verifier, refreshToken: "cookie" },
      init: { method: "POST", credentials: "include" },
    });
    expect(JSON.stringify(server.requests.slice(1))).not.toMatch(new RegExp(`${code}|${verifier}`));
    expect(server.count("auth.redeem")).toBe(1);
  });

  it("keeps the session in memory of this page for clients without cookies", async () => {
    const { server, clock, load, signInAs } = setUpTab({ refreshToken: "body" });
    const { client } = load(await signInAs(ada));
    await flush();
    expect(server.requests[0]).toMatchObject({ body: { refreshToken: "body" }, init: { credentials: "omit" } });
    await clock.advance(600_000);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(server.sessions.rotations.length).toBeGreaterThan(0);
  });

  it("has removed the verifier before the request is sent, and nothing of either is kept anywhere afterwards", async () => {
    const { server, items, browser, load, signInAs } = setUpTab();
    const code = await signInAs(ada);
    const { verifier } = JSON.parse(items.get(handOverKey) ?? "") as { verifier: string };
    let kept: string[] | undefined;
    server.respond(({ path }) => {
      if (path === "auth.redeem") kept = [...items.keys()];
      return undefined;
    });
    load(code);
    await flush();
    expect(kept).toEqual([]);
    expect([...items.values(), ...browser.items.values()].join()).not.toMatch(new RegExp(`${code}|${verifier}`));
  });

  it("redeems nothing where the verifier cannot be removed: it would be there for a second time", async () => {
    const { server, tabStorage, load, signInAs } = setUpTab();
    const code = await signInAs(ada);
    const { client } = load(code, { tabStorage: { ...tabStorage, removeItem: () => {} } });
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "never" });
    expect(server.requests).toEqual([]);
  });

  it("replaces whoever was here, whose session ends at the server as it does after signIn", async () => {
    const { server, browser, load, signInAs } = setUpTab({ here: bob });
    const { client } = load(await signInAs(ada));
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(browser.stored()).toBe(tokenFor(ada));
    expect(server.sessions.isLive(bob.sessionId)).toBe(false);
    expect([...server.jar.keys()]).toEqual([ada.sessionId]);
  });

  it("is followed by the other tabs", async () => {
    const { open, load, signInAs } = setUpTab({ here: bob });
    const other = open().client;
    other.start();
    await flush();
    load(await signInAs(ada));
    await flush();
    expect(other.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("is signed in, though the server stops answering after the code was redeemed", async () => {
    const { server, clock, load, signInAs } = setUpTab();
    const code = await signInAs(ada);
    server.respond(({ path }) => (path === "auth.whoami" ? networkError() : undefined));
    const { client } = load(code);
    await flush();
    expect(client.getState()).toMatchObject({ status: "unreachable" });
    server.respond(undefined);
    await clock.advance(2_000);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(server.count("auth.redeem")).toBe(1);
  });

  it("is redeemed once where a page starts twice, as in StrictMode", async () => {
    const { server, load, signInAs } = setUpTab();
    const { client, stop } = load(await signInAs(ada));
    stop();
    client.start();
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(server.count("auth.redeem")).toBe(1);
    expect(server.handOvers.thefts).toEqual([]);
  });

  it("is redeemed once where two clients of one page find it", async () => {
    const { server, load, signInAs } = setUpTab();
    const code = await signInAs(ada);
    const clients = [load(code).client, load(code).client];
    await flush();
    expect(clients.map((client) => client.getState().status)).toEqual(["signed-in", "signed-in"]);
    expect(server.count("auth.redeem")).toBe(1);
    expect(server.handOvers.thefts).toEqual([]);
  });
});

describe("a code that this tab did not ask for (WEB-02, ASVS 7.6.2)", () => {
  /** An attacker has signed in as themselves, and sends the victim a link with the code. */
  const code = hashOf("the attacker's");

  it.each([
    ["nobody is here", undefined, { status: "signed-out", reason: "never", question: null, pendingSignUp: null }],
    ["somebody is here", bob, { status: "signed-in", user: bob }],
  ])("changes nothing where %s, and is not sent to the server", async (_, here, state) => {
    const { server, load } = setUpTab(here === undefined ? {} : { here });
    const { client } = load(code, { acceptTokenFromQuery: true });
    await flush();
    expect(client.getState()).toMatchObject(state);
    expect(server.count("auth.redeem")).toBe(0);
    expect(JSON.stringify(server.requests)).not.toContain(code);
  });

  it("is not redeemed in another tab of the browser that asked, while the tab that asked signs in", async () => {
    const { server, load, signInAs } = setUpTab();
    const asked = await signInAs(ada);
    const other = load(asked, { tabStorage: createFakeTab().tabStorage });
    await flush();
    expect(other.client.getState()).toMatchObject({ status: "signed-out", reason: "never" });
    expect(server.requests).toEqual([]);
    other.stop();
    const { client } = load(asked);
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("is refused with the verifier of somebody who was about to sign in, and whoever was here still is", async () => {
    const { server, load, signInAs } = setUpTab({ here: bob });
    await signInAs(ada);
    const { client } = load(code);
    await flush();
    expect(server.count("auth.redeem")).toBe(1);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
    expect(server.sessions.isLive(bob.sessionId)).toBe(true);
  });

  it("is forgotten more than ten minutes after this tab asked, and redeemed at ten", async () => {
    for (const [lateMs, status] of [
      [0, "signed-in"],
      [1, "signed-out"],
    ] as const) {
      const { client, clock, server, went, load } = setUpTab();
      await client.signInWith("example");
      await clock.advance(handOverGoodMs + lateMs);
      const next = load(server.handOvers.grant(went.at(-1), ada));
      await flush();
      expect(next.client.getState().status).toBe(status);
      expect(server.count("auth.redeem")).toBe(1 - lateMs);
    }
  });

  it("is forgotten the second time, after a reload with the same address", async () => {
    const { server, load, signInAs } = setUpTab();
    const asked = await signInAs(ada);
    load(asked).stop();
    await flush();
    const { client } = load(asked);
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(server.count("auth.redeem")).toBe(1);
    expect(server.handOvers.thefts).toEqual([]);
  });

  // The untampered twin is "is loading until the code is redeemed, and then signed in".
  it.each([
    ["junk", "junk"],
    ["100 KB", "a".repeat(100_000)],
    ["script", "<script>alert(1)</script>"],
    ["a token's", tokenFor(bob)],
  ])("is no code where it is %s: what this tab keeps stays, and nothing is sent", async (_, text) => {
    const { server, items, load, signInAs } = setUpTab();
    await signInAs(ada);
    const { client } = load(text);
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "never", question: null });
    expect(server.requests).toEqual([]);
    expect(items.has(handOverKey)).toBe(true);
  });

  it.each<[string, (code: string) => string, string]>([
    ["as the API puts it there", (asked) => `?return_to=%2F&token=${asked}`, "signed-in"],
    ["twice", (asked) => `?token=${asked}&token=${asked}`, "signed-out"],
    ["beside another one", (asked) => `?token=${code}&%74oken=${asked}`, "signed-out"],
    [
      "encoded twice",
      (asked) => `?token=${[...asked].map((c) => `%25${c.charCodeAt(0).toString(16)}`).join("")}`,
      "signed-out",
    ],
    ["in the fragment", (asked) => `?token=#token=${asked}`, "signed-out"],
  ])("is taken from the address only %s, which is clean before anything is sent", async (_, query, status) => {
    const { server, load, signInAs } = setUpTab();
    const asked = await signInAs(ada);
    const entries: string[] = [];
    const page: AddressWindow = {
      location: { href: `https://app.example/sign-in${query(asked)}` },
      history: {
        state: null,
        replaceState: (_state: unknown, _title: string, url?: string | URL | null) => {
          entries.push(String(url));
          page.location.href = String(url);
        },
      },
      sessionStorage: createFakeTab().tabStorage,
    };
    let addressAtRequest = "";
    server.respond(() => {
      addressAtRequest ||= page.location.href;
      return undefined;
    });
    const { client } = load(null, { addressToken: createAddressToken(page) });
    await flush();
    expect(client.getState().status).toBe(status);
    expect(new URL(page.location.href).searchParams.has("token")).toBe(false);
    expect(new URL(addressAtRequest || page.location.href).search).not.toContain("token");
    expect(entries.map((entry) => new URL(entry).search).join()).not.toContain(asked);
  });
});

describe("a sign-in with a provider that comes to nothing", () => {
  const refusals: [string, () => Response | Promise<Response>][] = [
    ["the code is refused", () => refusal(400, "code_invalid")],
    ["there are too many", () => refusal(429, "rate_limited", {}, { "retry-after": "9" })],
    ["the server is in trouble", () => refusal(503, "storage_unavailable")],
    ["the answer is somebody else's", () => new Response("<html>", { headers: { "content-type": "text/html" } })],
    ["the answer is no session", () => Response.json({ result: { data: { accessToken: "junk" } } })],
    ["there is no answer", networkError],
  ];
  it.each(refusals)("says so where nobody was here, and asks once: %s", async (_, answer) => {
    const { server, clock, load, signInAs } = setUpTab();
    const code = await signInAs(ada);
    server.respond(({ path }) => (path === "auth.redeem" ? answer() : undefined));
    const { client } = load(code);
    await flush();
    const nobody = { status: "signed-out", reason: "not_completed", question: null, pendingSignUp: null };
    expect(client.getState()).toMatchObject(nobody);
    await clock.advance(120_000);
    expect(client.getState()).toMatchObject(nobody);
    expect(paths(server.requests)).toEqual(["auth.redeem"]);
  });

  it.each(refusals)("leaves whoever was here signed in: %s", async (_, answer) => {
    const { server, browser, load, signInAs } = setUpTab({ here: bob });
    const code = await signInAs(ada);
    server.respond(({ path }) => (path === "auth.redeem" ? answer() : undefined));
    const { client } = load(code);
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
    expect(browser.stored()).toBe(tokenFor(bob));
    expect(server.sessions.isLive(bob.sessionId)).toBe(true);
    expect(server.count("auth.redeem")).toBe(1);
    // The state says nothing of it; whoever asks is told, once.
    expect(await client.signInProblem()).toBeInstanceOf(AuthClientError);
    expect(await client.signInProblem()).toBeNull();
  });

  it("has no problem to tell of where it signed in, or where no code came", async () => {
    const { load, signInAs } = setUpTab({ here: bob });
    expect(await load(null).client.signInProblem()).toBeNull();
    const { client } = load(await signInAs(ada));
    expect(await client.signInProblem()).toBeNull();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("is given up after ten seconds without an answer", async () => {
    const { server, clock, load, signInAs } = setUpTab();
    const code = await signInAs(ada);
    server.respond(() => new Promise<Response>(() => {}));
    const { client } = load(code);
    await clock.advance(9_999);
    expect(client.getState().status).toBe("loading");
    await clock.advance(1);
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "not_completed" });
  });

  it("can be begun anew", async () => {
    const { server, load, signInAs } = setUpTab();
    const lost = await signInAs(ada);
    server.lose("auth.redeem");
    load(lost).stop();
    await flush();
    server.respond(undefined);
    const { client } = load(await signInAs(ada));
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: { subject: ada.subject } });
    expect(server.handOvers.thefts).toEqual([]);
  });
});

describe("while a code is on its way to the server", () => {
  async function redeeming(options: SetUpOptions = {}) {
    const tab = setUpTab(options);
    const code = await tab.signInAs(ada);
    const { server } = tab;
    const late = later();
    const sent = new Promise<() => void>((resolve) => {
      server.respond((request) => {
        if (request.path !== "auth.redeem") return undefined;
        resolve(() => late.give(server.answer(request)));
        return late.answer;
      });
    });
    const page = tab.load(code);
    return { ...tab, ...page, arrive: await sent, fail: () => late.give(refusal(400, "code_invalid")) };
  }

  it("another tab's news, or a page brought to the front, is looked at only afterwards", async () => {
    const { client, tab, arrive, clock } = await redeeming({ here: bob });
    const seen: string[] = [];
    client.subscribe(() => seen.push(client.getState().status));
    tab.events()?.onStorageChanged();
    tab.events()?.onShown(true);
    tab.events()?.onOnline();
    await clock.advance(9_000);
    arrive();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(seen).toEqual(["signed-in"]);
  });

  it("a call of an old token waits", async () => {
    const { client, arrive } = await redeeming({ here: bob });
    const renewed = client.renew(tokenFor(bob));
    arrive();
    expect(await renewed).toBe(false);
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("a sign-out by another tab is seen where the code comes to nothing", async () => {
    const { client, browser, fail } = await redeeming({ here: bob });
    browser.store(null);
    fail();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "not_completed" });
  });

  it("who signs out on this page has signed out: the session that comes late ends at the server", async () => {
    const { client, server, browser, arrive } = await redeeming({ here: bob });
    await client.signOut();
    arrive();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "signed_out" });
    expect(browser.stored()).toBeNull();
    expect([ada, bob].map(({ sessionId }) => server.sessions.isLive(sessionId))).toEqual([false, false]);
  });

  it("who signs in on this page is here: the session that comes late ends at the server", async () => {
    const { client, server, arrive } = await redeeming();
    await client.signIn({ username: "bob", password: "whatever it takes" });
    arrive();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
    expect([ada, bob].map(({ sessionId }) => server.sessions.isLive(sessionId))).toEqual([false, true]);
  });

  it("who signs in on this page is here, also where the code comes to nothing", async () => {
    const { client, fail } = await redeeming();
    await client.signIn({ username: "bob", password: "whatever it takes" });
    fail();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
  });
});
