// A signed-in person links what a provider says to their account.

import { afterEach, describe, expect, it, vi } from "vitest";
import { ada, baseUrl, bob, createFakeTab, flush, later, networkError, refusal, setUp } from "../test/harness.ts";
import { setUpTab } from "../test/provider-tab.ts";
import { handOverKey } from "./hand-over.ts";

afterEach(() => vi.unstubAllGlobals());

const label = { label: "Example ID" };

describe("setting out to link a provider", () => {
  it("goes to the same start address, and keeps who asked and what for", async () => {
    const { client, items, went } = setUpTab({ here: ada });
    await client.linkProvider("example", { returnTo: "/account" });
    expect(went[0]).toMatch(new RegExp(`^${baseUrl}/auth/oidc/example/start\\?challenge=.{43}&return_to=%2Faccount$`));
    expect(JSON.parse(items.get(handOverKey) ?? "")).toMatchObject({ purpose: "link", subject: ada.subject });
  });

  it("needs somebody who is signed in", async () => {
    const { client, items, went } = setUpTab();
    await expect(client.linkProvider("example")).rejects.toMatchObject({ reason: "token_missing" });
    expect([went, [...items]]).toEqual([[], []]);
  });

  it("goes nowhere where the tab keeps nothing, or from a page that came over plain http", async () => {
    const { client } = setUp({ here: ada });
    await expect(client.linkProvider("example")).rejects.toMatchObject({ details: { problem: "no_tab_storage" } });
    vi.stubGlobal("crypto", { getRandomValues: () => {} });
    const insecure = setUpTab({ here: ada });
    await expect(insecure.client.linkProvider("example")).rejects.toMatchObject({
      details: { problem: "no_secure_context" },
    });
    expect(insecure.went).toEqual([]);
  });
});

describe("coming back to finish a link", () => {
  it("sends code and verifier with the bearer, when it is finished and not before", async () => {
    const { server, items, load, linkAs } = setUpTab({ here: ada });
    const code = await linkAs(bob);
    const { verifier } = JSON.parse(items.get(handOverKey) ?? "") as { verifier: string };
    const { client } = load(code);
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(server.count("auth.linkProvider") + server.count("auth.redeem")).toBe(0);
    expect([...items]).toEqual([]);
    expect(await client.finishLink()).toEqual(label);
    expect(server.requests.at(-1)).toMatchObject({
      path: "auth.linkProvider",
      authorization: `Bearer ${await client.getAccessToken()}`,
      body: { code, verifier },
      init: { method: "POST" },
    });
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("is nothing where nothing is pending", async () => {
    const { client, server } = setUp({ here: ada });
    expect(await client.finishLink()).toBeNull();
    expect(server.count("auth.linkProvider")).toBe(0);
  });

  it("is once: two calls that meet share the answer, and a later one finds nothing", async () => {
    const { server, load, linkAs } = setUpTab({ here: ada });
    const { client } = load(await linkAs(bob));
    expect(await Promise.all([client.finishLink(), client.finishLink()])).toEqual([label, label]);
    expect(await client.finishLink()).toBeNull();
    expect(server.count("auth.linkProvider")).toBe(1);
  });

  it("begins by itself, where nothing has begun yet", async () => {
    const { server, open, linkAs } = setUpTab({ here: ada });
    const code = await linkAs(bob);
    const { client } = open({
      addressToken: { capture() {}, take: () => code, expect() {}, takeExpectation: () => false },
    });
    expect(await client.finishLink()).toEqual(label);
    expect(server.count("auth.linkProvider")).toBe(1);
  });

  it.each([
    ["provider_account_taken", 409, { problem: "of_another_user" }],
    ["provider_account_taken", 409, { problem: "another_is_linked" }],
    ["reauthentication_required", 403, {}],
    ["code_invalid", 400, {}],
    ["rate_limited", 429, { retryAfterSeconds: 7 }],
  ])("passes on %s, and is not tried again", async (reason, status, more) => {
    const { server, load, linkAs } = setUpTab({ here: ada });
    const { client } = load(await linkAs(bob));
    server.respond(({ path }) => (path === "auth.linkProvider" ? refusal(status, reason, more) : undefined));
    await expect(client.finishLink()).rejects.toMatchObject({ reason, details: more });
    expect(await client.finishLink()).toBeNull();
    expect(server.count("auth.linkProvider")).toBe(1);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("is not tried again where there was no answer: it may be linked or not", async () => {
    const { server, load, linkAs } = setUpTab({ here: ada });
    const { client } = load(await linkAs(bob));
    await flush();
    server.lose("auth.linkProvider");
    await expect(client.finishLink()).rejects.toMatchObject({
      reason: "unreachable",
      message: expect.stringContaining("may be linked, or not"),
    });
    expect(await client.finishLink()).toBeNull();
    expect(server.count("auth.linkProvider")).toBe(1);
    expect(server.handOvers.thefts).toEqual([]);
  });

  it("is sent again, once, where its token was refused before anything ran", async () => {
    const { server, load, linkAs } = setUpTab({ here: ada });
    const { client } = load(await linkAs(bob));
    await flush();
    let refusals = 0;
    server.respond(({ path }) => {
      if (path !== "auth.linkProvider" || refusals > 0) return undefined;
      refusals += 1;
      return refusal(401, "token_expired", { retry: true });
    });
    expect(await client.finishLink()).toEqual(label);
    const links = server.requests.filter(({ path }) => path === "auth.linkProvider");
    expect(new Set(links.map(({ authorization }) => authorization)).size).toBe(2);
  });
});

describe("a link that somebody else could get (attacks)", () => {
  it("is not made for whoever has signed in since", async () => {
    const { server, open, load, linkAs } = setUpTab({ here: ada });
    const code = await linkAs(ada);
    await open().client.signIn({ username: "bob", password: "whatever it takes" });
    const { client } = load(code);
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
    await expect(client.finishLink()).rejects.toMatchObject({ reason: "superseded" });
    expect(await client.finishLink()).toBeNull();
    expect(server.count("auth.linkProvider")).toBe(0);
  });

  it("is not made for whoever signs in between a refused token and the next", async () => {
    const { server, load, linkAs } = setUpTab({ here: ada });
    const { client } = load(await linkAs(ada));
    await flush();
    const late = later();
    server.respond(({ path }) => (path === "auth.linkProvider" ? late.answer : undefined));
    const finishing = client.finishLink().catch((error: unknown) => error);
    await client.signIn({ username: "bob", password: "whatever it takes" });
    late.give(refusal(401, "token_revoked", { retry: true }));
    expect(await finishing).toMatchObject({ reason: "token_revoked" });
    expect(server.count("auth.linkProvider")).toBe(1);
  });

  it("is made for the same person in another session", async () => {
    const { open, load, linkAs } = setUpTab({ here: ada });
    const code = await linkAs(bob);
    await open().client.signIn({ username: "ada", password: "whatever it takes" });
    const { client } = load(code);
    expect(await client.finishLink()).toEqual(label);
  });

  it.each([
    ["nobody asked for it here", false],
    ["another tab asked for it", true],
  ])("is forgotten where %s", async (_, asked) => {
    const { server, load, linkAs } = setUpTab({ here: ada });
    const code = asked ? await linkAs(bob) : "a".repeat(43);
    const { client } = load(code, { tabStorage: createFakeTab().tabStorage });
    expect(await client.finishLink()).toBeNull();
    expect(server.count("auth.linkProvider") + server.count("auth.redeem")).toBe(0);
  });

  it("signs nobody in, and a sign-in's code links nothing", async () => {
    const { server, load, linkAs, signInAs } = setUpTab({ here: ada });
    const { client, stop } = load(await linkAs(bob));
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(server.count("auth.redeem")).toBe(0);
    stop();
    const next = load(await signInAs(bob));
    expect(await next.client.finishLink()).toBeNull();
    expect(server.count("auth.linkProvider")).toBe(0);
  });

  it("is not finished where nobody is here any more", async () => {
    const { server, browser, load, linkAs } = setUpTab({ here: ada });
    const code = await linkAs(bob);
    browser.store(null);
    const { client } = load(code);
    await expect(client.finishLink()).rejects.toMatchObject({ reason: "token_missing" });
    expect(server.count("auth.linkProvider")).toBe(0);
  });

  it("leaves the session as it is where the network is gone", async () => {
    const { server, load, linkAs } = setUpTab({ here: ada });
    const { client } = load(await linkAs(bob));
    await flush();
    server.respond(networkError);
    await expect(client.finishLink()).rejects.toMatchObject({ reason: "unreachable" });
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });
});
