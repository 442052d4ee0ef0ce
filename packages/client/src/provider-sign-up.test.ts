// Somebody came from a provider and has no account yet: they choose a name, or do not.

import { describe, expect, it } from "vitest";
import { ada, bob, createFakeTab, flush, later, networkError, refusal, setUp } from "../test/harness.ts";
import { setUpTab } from "../test/provider-tab.ts";
import { handOverGoodMs, handOverKey } from "./hand-over.ts";

const pending = { provider: "example", suggestion: "grace" };
const grace = { subject: "sub-grace", username: "grace" };
const choosing = { status: "signed-out", reason: "never", pendingSignUp: pending };

describe("a sign-up with a provider", () => {
  it("waits for a name, with the one that could be offered", async () => {
    const { server, loadForName } = setUpTab();
    const { client } = await loadForName();
    expect(client.getState()).toMatchObject(choosing);
    expect(server.requests.map(({ path }) => path)).toEqual(["auth.redeem"]);
    expect(await client.getAccessToken()).toBeNull();
  });

  it.each([{}, { suggestion: "" }, { suggestion: 7 }, { suggestion: "a".repeat(65) }])(
    "waits without one where none can be offered: %j",
    async (more) => {
      const { server, load, signInAs } = setUpTab();
      const code = await signInAs(null);
      server.respond(() => refusal(409, "username_needed", more));
      const { client } = load(code);
      await flush();
      expect(client.getState()).toMatchObject({ pendingSignUp: { provider: "example", suggestion: null } });
    },
  );

  it("signs in with the name that is chosen, by the code and the verifier that were redeemed, and keeps neither", async () => {
    const { server, items, loadForName } = setUpTab();
    const { client } = await loadForName();
    const { code, verifier } = JSON.parse(items.get(handOverKey) ?? "") as Record<string, string>;
    const seen: unknown[] = [];
    client.subscribe(() => seen.push(client.getState()));
    expect(await client.signUpWithProvider("grace")).toMatchObject(grace);
    expect(server.requests.map(({ body }) => body)).toMatchObject([
      { code, verifier },
      { code, verifier, username: "grace", refreshToken: "cookie" },
      {},
    ]);
    // No form in between, for one moment.
    expect(seen).toMatchObject([{ status: "signed-in", user: grace }]);
    expect([...items]).toEqual([]);
    await client.signOut();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "signed_out", pendingSignUp: null });
  });

  it("leaves no problem to tell of: who was new has an account now", async () => {
    const { loadForName } = setUpTab();
    const { client } = await loadForName();
    await client.signUpWithProvider("grace");
    expect(await client.signInProblem()).toBeNull();
  });

  it("that was not wanted is a problem to tell whoever is here already", async () => {
    const { client } = await setUpTab({ here: bob }).loadForName();
    expect(await client.signInProblem()).toMatchObject({ reason: "username_needed" });
  });

  it("keeps the session in memory of this page for clients without cookies", async () => {
    const { server, clock, loadForName } = setUpTab({ refreshToken: "body" });
    const { client } = await loadForName();
    await client.signUpWithProvider("grace");
    expect(server.requests[1]).toMatchObject({ body: { refreshToken: "body" }, init: { credentials: "omit" } });
    await clock.advance(600_000);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: grace });
  });

  it("asks again for the name after a reload", async () => {
    const { server, load, loadForName } = setUpTab();
    (await loadForName()).stop();
    const { client } = load(null);
    expect(client.getState()).toMatchObject(choosing);
    expect(server.count("auth.redeem")).toBe(1);
    await client.signUpWithProvider("grace");
    expect(client.getState()).toMatchObject({ status: "signed-in", user: grace });
  });

  it("asks in this tab alone", async () => {
    const { load, loadForName } = setUpTab();
    await loadForName();
    const { client } = load(null, { tabStorage: createFakeTab().tabStorage });
    expect(client.getState()).toMatchObject({ pendingSignUp: null });
  });

  it("lasts as long as the page where the tab can keep nothing any more", async () => {
    const { tabStorage, loadForName } = setUpTab();
    const full = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    const { client } = await loadForName({ tabStorage: { ...tabStorage, setItem: full } });
    expect(client.getState()).toMatchObject(choosing);
    await client.signUpWithProvider("grace");
    expect(client.getState()).toMatchObject({ status: "signed-in", user: grace });
  });

  it("is not touched by another code in the address, which is forgotten", async () => {
    const { server, load, loadForName } = setUpTab();
    (await loadForName()).stop();
    const { client } = load("a".repeat(43));
    await flush();
    expect(client.getState()).toMatchObject(choosing);
    expect(server.count("auth.redeem")).toBe(1);
  });

  it.each([
    ["is taken", "taken", { reason: "username_taken" }],
    ["cannot be used", "a b", { reason: "input_invalid", details: { field: "username" } }],
  ])("can be tried again where the name %s", async (_, name, error) => {
    const { server, items, loadForName } = setUpTab();
    const { client } = await loadForName();
    await expect(client.signUpWithProvider(name)).rejects.toMatchObject(error);
    expect(client.getState()).toMatchObject(choosing);
    expect(items.has(handOverKey)).toBe(true);
    await client.signUpWithProvider("grace");
    expect(client.getState()).toMatchObject({ status: "signed-in", user: grace });
    expect(server.handOvers.thefts).toEqual([]);
  });

  it("is still pending where the server cannot be reached, and nothing is sent again by itself", async () => {
    const { server, clock, loadForName } = setUpTab();
    const { client } = await loadForName();
    server.respond(networkError);
    await expect(client.signUpWithProvider("grace")).rejects.toMatchObject({ reason: "unreachable" });
    await clock.advance(60_000);
    expect(server.count("auth.signUpWithProvider")).toBe(1);
    expect(client.getState()).toMatchObject(choosing);
  });

  it("is sent once where it is pressed twice", async () => {
    const { server, loadForName } = setUpTab();
    const { client } = await loadForName();
    const users = await Promise.all([client.signUpWithProvider("grace"), client.signUpWithProvider("grace")]);
    expect(users).toMatchObject([grace, grace]);
    expect(server.count("auth.signUpWithProvider")).toBe(1);
    expect(server.handOvers.thefts).toEqual([]);
  });

  it("is over where the server knows nothing of it any more", async () => {
    const { server, items, loadForName } = setUpTab();
    const { client } = await loadForName();
    server.respond(() => refusal(400, "code_invalid"));
    await expect(client.signUpWithProvider("grace")).rejects.toMatchObject({ reason: "code_invalid" });
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "not_completed", pendingSignUp: null });
    expect([...items]).toEqual([]);
  });

  it("is over, and kept nowhere, after ten minutes on the page", async () => {
    const { server, items, clock, loadForName } = setUpTab();
    const { client } = await loadForName();
    await clock.advance(handOverGoodMs - 1);
    expect(client.getState()).toMatchObject(choosing);
    await clock.advance(1);
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "not_completed", pendingSignUp: null });
    expect([...items]).toEqual([]);
    await expect(client.signUpWithProvider("grace")).rejects.toMatchObject({ reason: "code_invalid" });
    expect(server.count("auth.signUpWithProvider")).toBe(0);
  });

  it("has its own ten minutes, however long the way to the provider and back took", async () => {
    const { client: setsOut, server, clock, went, load } = setUpTab();
    await setsOut.signInWith("example");
    await clock.advance(handOverGoodMs - 60_000);
    const { client } = load(server.handOvers.grant(went.at(-1), null));
    await clock.advance(handOverGoodMs - 60_000);
    expect(client.getState()).toMatchObject(choosing);
    await client.signUpWithProvider("grace");
    expect(client.getState()).toMatchObject({ status: "signed-in", user: grace });
  });

  it("is over after ten minutes of sleep, in which no timer ran", async () => {
    const { server, clock, loadForName } = setUpTab();
    const { client } = await loadForName();
    clock.sleep(handOverGoodMs + 1);
    await expect(client.signUpWithProvider("grace")).rejects.toMatchObject({ reason: "code_invalid" });
    expect(client.getState()).toMatchObject({ pendingSignUp: null });
    expect(server.count("auth.signUpWithProvider")).toBe(0);
  });

  it("is over for a page that is loaded after ten minutes", async () => {
    const { items, clock, load, loadForName } = setUpTab();
    (await loadForName()).stop();
    clock.sleep(handOverGoodMs + 1);
    const { client } = load(null);
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "never", pendingSignUp: null });
    expect([...items]).toEqual([]);
  });

  it("is forgotten when the person says no", async () => {
    const { items, server, load, loadForName } = setUpTab();
    const { client, stop } = await loadForName();
    client.forgetPendingSignUp();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "never", pendingSignUp: null });
    expect([...items]).toEqual([]);
    await expect(client.signUpWithProvider("grace")).rejects.toMatchObject({ reason: "code_invalid" });
    expect(server.count("auth.signUpWithProvider")).toBe(0);
    stop();
    expect(load(null).client.getState()).toMatchObject({ pendingSignUp: null });
  });

  it("makes way for another way to a provider, which is what is kept then", async () => {
    const { server, went, load, loadForName } = setUpTab();
    const { client, stop } = await loadForName();
    await client.signInWith("other");
    client.forgetPendingSignUp();
    stop();
    const next = load(server.handOvers.grant(went.at(-1), ada));
    await flush();
    expect(next.client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("throws where there is none", async () => {
    const { client, server } = setUp();
    await expect(client.signUpWithProvider("grace")).rejects.toMatchObject({ reason: "code_invalid" });
    expect(server.requests).toEqual([]);
  });
});

describe("nobody else finishes a sign-up (a shared device)", () => {
  const signIn = { username: "bob", password: "whatever it takes" };

  it("is forgotten when somebody signs in on this page", async () => {
    const { items, loadForName } = setUpTab();
    const { client } = await loadForName();
    await client.signIn(signIn);
    expect([...items]).toEqual([]);
    await client.signOut();
    expect(client.getState()).toMatchObject({ reason: "signed_out", pendingSignUp: null });
  });

  it("is forgotten when somebody signs in in another tab", async () => {
    const { items, open, loadForName } = setUpTab();
    const { client } = await loadForName();
    await open().client.signIn(signIn);
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
    expect([...items]).toEqual([]);
  });

  it("is forgotten at a sign-out, also one before anything else", async () => {
    const { items, loadForName, open } = setUpTab();
    (await loadForName()).stop();
    const { client } = open();
    await client.signOut();
    expect(client.getState()).toMatchObject({ reason: "signed_out", pendingSignUp: null });
    expect([...items]).toEqual([]);
  });

  it.each([true, false])(
    "is forgotten where somebody is here already (asking the server: %s)",
    async (verifyOnLoad) => {
      const { items, server, loadForName } = setUpTab({ here: bob, verifyOnLoad });
      const { client } = await loadForName();
      expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
      expect(server.sessions.isLive(bob.sessionId)).toBe(true);
      expect([...items]).toEqual([]);
      await client.signOut();
      expect(client.getState()).toMatchObject({ pendingSignUp: null });
    },
  );

  it("is kept where whoever seemed to be here turns out to be over", async () => {
    const { server, loadForName } = setUpTab({ here: bob });
    server.sessions.end(bob.sessionId);
    const { client } = await loadForName();
    await flush();
    expect(client.getState()).toMatchObject({
      status: "signed-out",
      reason: "ended_elsewhere",
      pendingSignUp: pending,
    });
  });

  it("comes too late where somebody signs in meanwhile: the new session ends at the server", async () => {
    const { server, loadForName } = setUpTab();
    const { client } = await loadForName();
    const late = later();
    server.respond((request) => (request.path === "auth.signUpWithProvider" ? late.answer : undefined));
    const signingUp = client.signUpWithProvider("grace").catch((error: unknown) => error);
    await client.signIn(signIn);
    const request = server.requests.find(({ path }) => path === "auth.signUpWithProvider");
    if (request !== undefined) late.give(server.answer(request));
    expect(await signingUp).toMatchObject({ reason: "superseded" });
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
    expect(server.sessions.isLive("sid-grace")).toBe(false);
  });
});
