import { describe, expect, it } from "vitest";
import {
  ada,
  baseUrl,
  bob,
  fakeAddress,
  flush,
  later,
  networkError,
  refusal,
  setUp,
  startMs,
  tokenFor,
} from "../test/harness.ts";
import { tokenKey } from "./client-storage.ts";
import { AuthClientError, createAuthClient, createMemoryStorage } from "./index.ts";

const good = { username: "ada", password: "correct horse battery staple" };

describe("the seven steps (WEB-04)", () => {
  it("knows nothing before it has begun, and then that nobody is here", async () => {
    const { client } = setUp();
    expect(client.getState()).toEqual({ status: "loading", identity: 0 });
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "never", question: null });
  });

  it("signs in by a stored token that the backend accepts", async () => {
    const { client, server } = setUp({ kept: tokenFor(ada) });
    client.start();
    expect(client.getState().status).toBe("loading");
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada, expiresAt: startMs / 1000 + 300 });
    expect(server.requests.map(({ path, authorization }) => [path, authorization])).toEqual([
      ["auth.whoami", `Bearer ${tokenFor(ada)}`],
    ]);
  });

  it("asks nobody when verifyOnLoad is off and the token seems alive", async () => {
    const { client, server } = setUp({ kept: tokenFor(ada), verifyOnLoad: false });
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(server.requests).toHaveLength(0);
  });

  it("lets the backend decide about a token that only seems over, even when verifyOnLoad is off", async () => {
    const { client, clock, server } = setUp({ kept: tokenFor(ada), verifyOnLoad: false });
    clock.setDateOff(365 * 24 * 3600 * 1000);
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(server.count("auth.whoami")).toBe(1);
  });

  it.each([
    ["token_expired", "expired"],
    ["token_invalid", "refused"],
    ["token_malformed", "refused"],
    ["token_revoked", "ended_elsewhere"],
  ])("signs out when whoami says 401 %s and the refresh says invalid_grant", async (reason, shown) => {
    const { client, server, browser } = setUp({ kept: tokenFor(ada) });
    server.refuse(tokenFor(ada), reason);
    client.start();
    await flush();
    expect(server.requests.map(({ path }) => path)).toEqual(["auth.whoami", "/auth/refresh"]);
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: shown });
    expect(browser.stored()).toBeNull();
  });

  const poison: [string, string][] = [
    ["nothing", ""],
    ["a word", "null"],
    ["an object", '{"__proto__":{"status":"signed-in"}}'],
    ["a payload that pollutes", `e30.${Buffer.from('{"__proto__":{"sub":"x"}}').toString("base64url")}.e30`],
    ["a payload that is a list", "e30.W10.e30"],
    ["bytes that are not text", "e30._____w.e30"],
    ["five megabytes", "a".repeat(5_000_000)],
    [
      "an expiry that is a word",
      tokenFor(ada).replace(
        /\..*\./,
        `.${Buffer.from('{"sub":"a","sid":"b","iat":1,"exp":"9"}').toString("base64url")}.`,
      ),
    ],
    ["two parts", "e30.e30"],
    ["script", "<script>alert(1)</script>"],
  ];
  it.each(poison)("removes a stored value that is %s, without asking the server", async (_, value) => {
    const { client, server, browser } = setUp({ kept: value });
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "refused" });
    expect(browser.stored()).toBeNull();
    expect(server.requests).toHaveLength(0);
  });
});

describe("a server that does not answer (WEB-06)", () => {
  const answerInHtml = JSON.stringify({ result: { data: { ...ada, scope: [], issuedAt: 1, expiresAt: 2 } } });
  const html = () => new Response("<html>Welcome to the hotel</html>", { headers: { "content-type": "text/html" } });
  const cases: [string, () => Response | Promise<Response>, string][] = [
    ["a network error", networkError, "network"],
    ["500", () => refusal(500, "internal_error"), "server_error"],
    ["503", () => refusal(503, "storage_unavailable"), "server_error"],
    ["502 in HTML", () => new Response("<html>", { status: 502 }), "server_error"],
    ["429", () => refusal(429, "rate_limited"), "rate_limited"],
    ["a captive portal's 200", html, "unreadable_answer"],
    [
      "a right answer that calls itself HTML",
      () => new Response(answerInHtml, { headers: { "content-type": "text/html" } }),
      "unreadable_answer",
    ],
    ["a proxy's 401 in HTML", () => new Response("<html>", { status: 401 }), "unreadable_answer"],
    ["404", () => refusal(404, "not_found"), "unreadable_answer"],
    ["JSON that is no whoami", () => Response.json({ result: { data: { subject: 1 } } }), "unreadable_answer"],
    [
      "JSON that breaks off",
      () => new Response('{"result":', { headers: { "content-type": "application/json" } }),
      "unreadable_answer",
    ],
  ];
  it.each(cases)("keeps the token and signs nobody out after %s", async (_, answer, problem) => {
    const { client, server, browser, clock } = setUp({ kept: tokenFor(ada) });
    server.respond(answer);
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "unreachable", problem, user: null });
    expect(browser.stored()).toBe(tokenFor(ada));
    server.respond(undefined);
    await clock.advance(1_000);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("gives up waiting after ten seconds", async () => {
    const { client, server, clock } = setUp({ kept: tokenFor(ada) });
    server.respond(() => new Promise<Response>(() => {}));
    client.start();
    await clock.advance(9_999);
    expect(client.getState().status).toBe("loading");
    await clock.advance(1);
    expect(client.getState()).toMatchObject({ status: "unreachable", problem: "network" });
  });

  it("asks again ever more seldom, but at least twice a minute", async () => {
    const { client, server, clock } = setUp({ kept: tokenFor(ada, { expiresAt: startMs / 1000 + 9999 }) });
    server.respond(networkError);
    client.start();
    await clock.advance(60_000);
    const inFirstMinute = server.requests.length;
    expect(inFirstMinute).toBeGreaterThan(4);
    expect(inFirstMinute).toBeLessThan(9);
    await clock.advance(600_000);
    const perMinute = (server.requests.length - inFirstMinute) / 10;
    expect(perMinute).toBeGreaterThanOrEqual(2);
    expect(perMinute).toBeLessThan(4);
  });

  it("does not ask before the time that Retry-After names", async () => {
    const { client, server, clock } = setUp({ kept: tokenFor(ada, { expiresAt: startMs / 1000 + 9999 }) });
    server.respond(() => refusal(429, "rate_limited", {}, { "retry-after": "40" }));
    client.start();
    await clock.advance(39_999);
    expect(server.requests).toHaveLength(1);
    await clock.advance(2_000);
    expect(server.requests).toHaveLength(2);
  });

  it("asks at once when the network is back or the person wants it", async () => {
    const { client, server, tab } = setUp({ kept: tokenFor(ada) });
    server.respond(networkError);
    client.start();
    await flush();
    await client.retry();
    expect(client.getState().status).toBe("unreachable");
    server.respond(undefined);
    tab.events()?.onOnline();
    await flush();
    expect(client.getState().status).toBe("signed-in");
  });

  it("keeps showing who was here when the connection is lost later", async () => {
    const { client, server, tab, clock } = setUp({ kept: tokenFor(ada) });
    client.start();
    await clock.advance(60_000);
    const { identity } = client.getState();
    server.respond(networkError);
    tab.events()?.onShown(false);
    await flush();
    expect(client.getState()).toMatchObject({ status: "unreachable", user: ada, identity });
  });
});

describe("signing in and out", () => {
  it("signs in, stores the token and knows what whoami says", async () => {
    const { client, browser } = setUp();
    const user = await client.signIn(good);
    expect(user).toMatchObject(ada);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(browser.stored()).toBe(tokenFor(ada));
    expect(await client.getAccessToken()).toBe(tokenFor(ada));
  });

  it("signs up the same way", async () => {
    const { client, server } = setUp();
    await client.signUp(good);
    expect(server.requests[0]?.path).toBe("auth.signUp");
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("passes on the server's reason, field, problem and waiting time", async () => {
    const { client, server } = setUp();
    server.respond(() =>
      refusal(400, "password_unacceptable", {
        field: "password",
        problem: "too_short",
        retryAfterSeconds: 3,
        errorId: "e1",
      }),
    );
    const error = await client.signUp(good).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AuthClientError);
    expect(error).toMatchObject({
      reason: "password_unacceptable",
      details: { field: "password", problem: "too_short", retryAfterSeconds: 3, errorId: "e1" },
    });
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "never" });
  });

  it("says unreachable when there was no answer, and changes nothing", async () => {
    const { client, server, browser } = setUp();
    server.respond(networkError);
    await expect(client.signIn(good)).rejects.toMatchObject({ reason: "unreachable" });
    expect(browser.stored()).toBeNull();
  });

  it("does not loop when the server refuses the token that it has just issued", async () => {
    const { client, server, clock } = setUp();
    server.respond(({ path }) => (path === "auth.whoami" ? refusal(401, "token_invalid") : undefined));
    await expect(client.signIn(good)).rejects.toMatchObject({ reason: "token_invalid" });
    // Signed in, asked, renewed once, asked once more.
    expect(server.requests.map(({ path }) => path)).toEqual([
      "auth.issueToken",
      "auth.whoami",
      "/auth/refresh",
      "auth.whoami",
    ]);
    expect(client.getState()).toMatchObject({ status: "unreachable", problem: "server_error" });
    await clock.advance(60_000);
    expect(server.count("/auth/refresh")).toBe(1);
    expect(server.requests.length).toBeLessThan(7);
  });

  it("keeps whoever is here when a sign-in as somebody else fails", async () => {
    const { client, server } = setUp({ kept: tokenFor(ada) });
    client.start();
    await flush();
    server.respond(() => refusal(401, "credentials_invalid"));
    await expect(client.signIn({ ...good, username: "bob" })).rejects.toMatchObject({ reason: "credentials_invalid" });
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("forgets the token on sign-out, also when the server is down", async () => {
    const { client, server, browser } = setUp({ kept: tokenFor(ada) });
    client.start();
    await flush();
    server.respond(networkError);
    await client.signOut();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "signed_out" });
    expect(browser.stored()).toBeNull();
    expect(await client.getAccessToken()).toBeNull();
  });

  it("drops the answer of a sign-in that was under way when the person signed out", async () => {
    const { client, server, browser } = setUp();
    client.start();
    await flush();
    const answer = later();
    server.respond(({ path }) => (path === "auth.issueToken" ? answer.answer : undefined));
    const entering = client.signIn(good).catch((error: unknown) => error);
    await client.signOut();
    const token = tokenFor(ada);
    answer.give(server.ok({ accessToken: token, expiresIn: 300, expiresAt: startMs / 1000 + 300, sessionId: "s" }));
    expect(await entering).toMatchObject({ reason: "superseded" });
    expect(browser.stored()).toBeNull();
    expect(client.getState().status).toBe("signed-out");
  });

  it("drops a late whoami about somebody who is no longer here", async () => {
    const { client, server } = setUp({ kept: tokenFor(ada) });
    const late = later();
    server.respond(({ authorization }) => (authorization?.includes(tokenFor(ada)) ? late.answer : undefined));
    client.start();
    await client.signIn({ ...good, username: "bob" });
    late.give(server.whoami(tokenFor(ada)));
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
  });

  it("gives each person another identity number, and the same to one who stays", async () => {
    const { client, tab } = setUp({ kept: tokenFor(ada) });
    client.start();
    await flush();
    const first = client.getState().identity;
    tab.events()?.onShown(true);
    await flush();
    expect(client.getState().identity).toBe(first);
    await client.signOut();
    const nobody = client.getState().identity;
    await client.signIn({ ...good, username: "bob" });
    const second = client.getState().identity;
    expect(new Set([first, nobody, second]).size).toBe(3);
  });

  it("never shows one person's state with another one's token", async () => {
    const { client } = setUp({ kept: tokenFor(ada) });
    client.start();
    await flush();
    const seen: string[] = [];
    client.subscribe(() => {
      const state = client.getState();
      seen.push(state.status === "signed-in" ? state.user.username : state.status);
    });
    await client.signIn({ ...good, username: "bob" });
    expect(seen).toEqual(["loading", "bob"]);
  });
});

describe("time (WEB-05)", () => {
  it.each([
    ["a year behind", -365],
    ["a year ahead", 365],
  ])("works on a device whose date is %s", async (_, days) => {
    const { client, clock } = setUp({ kept: tokenFor(ada) });
    clock.setDateOff(days * 24 * 3600 * 1000);
    client.start();
    await flush();
    expect(client.getState().status).toBe("signed-in");
    expect(client.timeLeftMs()).toBeGreaterThan(298_000);
    expect(client.timeLeftMs()).toBeLessThanOrEqual(300_000);
    await clock.advance(302_000);
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "expired" });
  });

  it("believes the server's time, not a date that is only a little wrong", async () => {
    const { client, clock } = setUp({ kept: tokenFor(ada) });
    clock.setDateOff(200_000);
    client.start();
    await flush();
    expect(client.timeLeftMs()).toBeGreaterThan(298_000);
  });

  it("keeps a session that can't be renewed until the server says that its token is over", async () => {
    const { client, server, clock } = setUp({ kept: tokenFor(ada) });
    client.start();
    await clock.advance(299_000);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    // At the beginning, and when the refresh had said that there is nothing to renew.
    expect(server.count("auth.whoami")).toBe(2);
    await clock.advance(3_000);
    expect(server.count("auth.whoami")).toBe(3);
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "expired" });
    expect(server.count("/auth/refresh")).toBe(1);
  });

  it("believes a server that still accepts the token, without asking in a tight loop", async () => {
    const { client, server, clock } = setUp({ kept: tokenFor(ada) });
    server.respond(() => server.ok({ ...ada, scope: [], issuedAt: startMs / 1000, expiresAt: startMs / 1000 + 1 }));
    client.start();
    await clock.advance(60_000);
    expect(client.getState().status).toBe("signed-in");
    expect(server.requests.length).toBeLessThan(15);
  });

  it("asks again when a page comes back to the front after a while, and at once out of the cache", async () => {
    const { client, server, clock, tab } = setUp({ kept: tokenFor(ada) });
    client.start();
    await clock.advance(5_000);
    tab.events()?.onShown(false);
    expect(server.requests).toHaveLength(1);
    tab.events()?.onShown(true);
    await flush();
    expect(server.requests).toHaveLength(2);
    await clock.advance(31_000);
    tab.events()?.onShown(false);
    expect(server.requests).toHaveLength(3);
  });
});

describe("other tabs (WEB-07)", () => {
  it("follow a sign-in and a sign-out", async () => {
    const { client, open } = setUp();
    const other = open().client;
    client.start();
    other.start();
    await client.signIn(good);
    await flush();
    expect(other.getState()).toMatchObject({ status: "signed-in", user: ada });
    await client.signOut();
    await flush();
    expect(other.getState()).toMatchObject({ status: "signed-out", reason: "ended_elsewhere" });
  });

  it("drop what they show at once when somebody else signs in", async () => {
    const { client, open } = setUp({ kept: tokenFor(ada) });
    const other = open().client;
    client.start();
    other.start();
    await flush();
    const { identity } = other.getState();
    const seen: string[] = [];
    other.subscribe(() => seen.push(other.getState().status));
    await client.signIn({ ...good, username: "bob" });
    await flush();
    expect(seen).toEqual(["loading", "signed-in"]);
    expect(other.getState()).toMatchObject({ status: "signed-in", user: bob });
    expect(other.getState().identity).not.toBe(identity);
  });

  it("are not signed out by an old token's refusal when one of them has signed in anew", async () => {
    const { client, server, browser } = setUp({ kept: tokenFor(ada) });
    const late = later();
    server.respond(({ authorization }) => (authorization?.includes(tokenFor(ada)) ? late.answer : undefined));
    client.start();
    await flush();
    // Written by a tab whose message has not arrived yet.
    const newer = tokenFor(bob);
    const { storage } = browser.tab();
    storage.write(tokenKey, newer);
    late.give(refusal(401, "token_expired"));
    await flush();
    expect(browser.stored()).toBe(newer);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
  });

  it("sign out when the storage is cleared by hand", async () => {
    const { client, browser } = setUp({ kept: tokenFor(ada) });
    client.start();
    await flush();
    browser.store(null);
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "ended_elsewhere" });
  });

  it("show the right state at once when a page comes out of the cache after a sign-out", async () => {
    const { client, browser, tab, server } = setUp({ kept: tokenFor(ada) });
    client.start();
    await flush();
    browser.tab().storage.remove(tokenKey);
    server.respond(networkError);
    tab.events()?.onShown(true);
    expect(client.getState().status).toBe("signed-out");
  });
});

describe("a token in the query string (WEB-02, OAU-16)", () => {
  const fromQuery = (token: string, askedFor = false) => ({
    acceptTokenFromQuery: true,
    addressToken: fakeAddress(token, askedFor),
  });

  it("is not used unless that was allowed", async () => {
    const { client, server } = setUp({ addressToken: fakeAddress(tokenFor(ada), true) });
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", question: null });
    expect(server.requests).toHaveLength(0);
  });

  it("signs in when this tab asked for it", async () => {
    const { client, browser } = setUp(fromQuery(tokenFor(ada), true));
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(browser.stored()).toBe(tokenFor(ada));
  });

  it("only asks when this tab did not ask for it", async () => {
    const { client, browser } = setUp(fromQuery(tokenFor(ada)));
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", question: { username: "ada" } });
    expect(browser.stored()).toBeNull();
    expect(await client.getAccessToken()).toBeNull();
    await client.confirm();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(browser.stored()).toBe(tokenFor(ada));
  });

  it("is forgotten when the person says no", async () => {
    const { client, browser } = setUp(fromQuery(tokenFor(ada)));
    client.start();
    await flush();
    client.dismiss();
    expect(client.getState()).toMatchObject({ status: "signed-out", question: null });
    await client.confirm();
    expect(client.getState().status).toBe("signed-out");
    expect(browser.stored()).toBeNull();
  });

  it.each([true, false])("never replaces an existing session (asked for: %s)", async (askedFor) => {
    const { client, browser } = setUp({ kept: tokenFor(bob), ...fromQuery(tokenFor(ada), askedFor) });
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
    expect(browser.stored()).toBe(tokenFor(bob));
  });

  it("does not replace a session whose server is only unreachable", async () => {
    const { client, browser, server } = setUp({ kept: tokenFor(bob), ...fromQuery(tokenFor(ada)) });
    server.respond(networkError);
    client.start();
    await flush();
    expect(client.getState().status).toBe("unreachable");
    expect(browser.stored()).toBe(tokenFor(bob));
  });

  it("is asked about once the stored token has turned out to be over", async () => {
    const { client, server } = setUp({ kept: tokenFor(bob), ...fromQuery(tokenFor(ada)) });
    server.refuse(tokenFor(bob), "token_expired");
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "expired", question: { username: "ada" } });
  });

  it.each([
    ["refused", tokenFor(ada)],
    ["junk", "junk"],
    ["100 KB", "a".repeat(100_000)],
    ["script", "<script>alert(1)</script>"],
  ])("is forgotten when it is %s", async (_, token) => {
    const { client, server } = setUp(fromQuery(token));
    server.refuse(token);
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "never", question: null });
  });
});

describe("building a client", () => {
  it.each(["", "/api", "javascript:alert(1)", "https://app.example/path", "https://user@app.example"])(
    "refuses %j as baseUrl",
    (url) => {
      expect(() => createAuthClient({ baseUrl: url })).toThrow(TypeError);
    },
  );

  it("names the origins that may be given the token, and no other", () => {
    const client = createAuthClient({
      baseUrl,
      bearerOrigins: ["https://notes.example"],
      storage: createMemoryStorage(),
    });
    const may = (url: string) => client.mayReceiveBearer(url);
    expect(may(`${baseUrl}/api/trpc`)).toBe(true);
    expect(may("https://notes.example/trpc")).toBe(true);
    for (const url of [
      "https://app.example.evil.test/",
      "http://app.example/",
      "https://app.example:8443/",
      "//app.example",
    ]) {
      expect(may(url)).toBe(false);
    }
  });

  it("waits with the token until it is known whether there is one", async () => {
    const { client, server } = setUp({ kept: tokenFor(ada) });
    const answer = later();
    server.respond(() => answer.answer);
    let given: string | null | undefined;
    const asked = client.getAccessToken().then((token) => (given = token));
    await flush();
    expect(given).toBeUndefined();
    answer.give(server.whoami(tokenFor(ada)));
    await flush();
    expect(await asked).toBe(tokenFor(ada));
  });
});
