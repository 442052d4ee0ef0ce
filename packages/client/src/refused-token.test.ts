import { describe, expect, it } from "vitest";
import { ada, bob, flush, later, networkError, refusal, setUp, tokenFor } from "../test/harness.ts";

const good = { username: "ada", password: "correct horse battery staple" };

async function started(options: Parameters<typeof setUp>[0] = { here: ada }) {
  const scene = setUp(options);
  scene.client.start();
  await flush();
  return { ...scene, token: scene.browser.stored() ?? "", refreshes: () => scene.server.count("/auth/refresh") };
}

describe("an access token that whoami refuses", () => {
  it.each(["token_expired", "token_invalid", "token_malformed", "token_revoked"])(
    "with %s is renewed once, and nobody is signed out",
    async (reason) => {
      const { client, server, browser } = setUp({ here: ada });
      const token = browser.stored() ?? "";
      server.refuse(token, reason);
      client.start();
      await flush();
      expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
      expect(server.requests.map(({ path }) => path)).toEqual(["auth.whoami", "/auth/refresh", "auth.whoami"]);
    },
  );

  it("signs nobody out while the refresh has no answer", async () => {
    const { client, server, browser } = setUp({ here: ada });
    const token = browser.stored();
    server.respond(({ path }) => (path === "/auth/refresh" ? networkError() : refusal(401, "token_invalid")));
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "unreachable", problem: "network" });
    expect(browser.stored()).toBe(token);
  });

  it.each(["token_invalid", "token_expired", "token_revoked"])(
    "and again after it was renewed (%s) is an error, without a loop",
    async (reason) => {
      const { client, clock, server, browser, tab } = setUp({ here: ada });
      server.respond(({ path }) => (path === "auth.whoami" ? refusal(401, reason) : undefined));
      client.start();
      await clock.advance(1_000);
      expect(client.getState()).toMatchObject({ status: "unreachable", problem: "server_error" });
      expect(browser.stored()).not.toBeNull();
      expect(server.count("/auth/refresh")).toBeLessThanOrEqual(2);
      const inFirstSecond = server.requests.length;
      expect(inFirstSecond).toBeLessThanOrEqual(5);
      for (let minute = 0; minute < 10; minute += 1) {
        tab.events()?.onShown(true);
        await clock.advance(55_000);
        expect(await client.renew((await client.getAccessToken()) ?? "")).toBe(false);
        await clock.advance(5_000);
      }
      // One at the end of each token's life, and the question "still?" twice a minute and at each look.
      expect(server.count("/auth/refresh")).toBeLessThanOrEqual(5);
      expect(server.requests.length).toBeLessThan(50);
      server.respond(undefined);
      await clock.advance(61_000);
      expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    },
  );

  it("is removed when it is of another issuer, whose sessions have other names (WEB-04)", async () => {
    const { client, server, browser } = setUp({ kept: tokenFor({ ...ada, sessionId: "not one of ours" }) });
    server.refuse(browser.stored() ?? "");
    const answer = { error: "invalid_request", reason: "input_invalid", field: "session" };
    server.respond(({ path }) => (path === "/auth/refresh" ? Response.json(answer, { status: 400 }) : undefined));
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "refused" });
    expect(browser.stored()).toBeNull();
  });

  it("because the session was ended elsewhere a moment after a refresh: signed out at once", async () => {
    const { client, clock, server, tab } = await started();
    await clock.advance(226_000);
    server.sessions.end(ada.sessionId);
    tab.events()?.onShown(true);
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "ended_elsewhere" });
  });
});

describe("renew", () => {
  it("gives another token after one refresh, for any number of callers", async () => {
    const { client, server, token, refreshes } = await started();
    server.refuse(token);
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.renew(token)));
    expect(answers).toEqual(Array.from({ length: 10 }, () => true));
    expect(refreshes()).toBe(1);
    expect(await client.getAccessToken()).not.toBe(token);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("says yes at once for a token that was replaced already", async () => {
    const { client, clock, token, refreshes } = await started();
    await clock.advance(230_000);
    expect(await client.renew(token)).toBe(true);
    expect(refreshes()).toBe(1);
  });

  it("says no, without a request, when the new one is refused too", async () => {
    const { client, server, token, refreshes } = await started();
    expect(await client.renew(token)).toBe(true);
    const newer = (await client.getAccessToken()) ?? "";
    await flush();
    const before = server.requests.length;
    expect(await client.renew(newer)).toBe(false);
    expect(await client.renew(newer)).toBe(false);
    expect(refreshes()).toBe(1);
    expect(server.requests.length).toBe(before);
    // The API itself accepts it: whoever refused it has to mend that.
    expect(client.getState().status).toBe("signed-in");
  });

  it("does not let a service that refuses everything set the traffic", async () => {
    const { client, clock, server, refreshes } = await started();
    for (let second = 0; second < 600; second += 1) {
      await client.renew((await client.getAccessToken()) ?? "");
      await clock.advance(1_000);
    }
    expect(refreshes()).toBeLessThanOrEqual(600 / 40 + 1);
    expect(server.count("auth.whoami")).toBeLessThanOrEqual(600 / 5 + 20);
  });

  it("signs out when the session was ended, and says no", async () => {
    const { client, server, token } = await started();
    server.sessions.end(ada.sessionId);
    expect(await client.renew(token)).toBe(false);
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "ended_elsewhere" });
  });

  it("keeps a session without a refresh token that only another service refuses", async () => {
    const { client, token } = await started({ kept: tokenFor(ada) });
    expect(await client.renew(token)).toBe(false);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("says no while the server can't be reached, and always ends", async () => {
    const { client, clock, server, token } = await started();
    server.respond(() => new Promise<Response>(() => {}));
    let answer: boolean | undefined;
    void client.renew(token).then((said) => (answer = said));
    await clock.advance(20_000);
    expect(answer).toBe(false);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("says no to the token of somebody who is no longer here, and when nobody is", async () => {
    const { client, token } = await started();
    await client.signIn({ ...good, username: "bob" });
    expect(await client.renew(token)).toBe(false);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
    await client.signOut();
    expect(await client.renew(tokenFor(bob))).toBe(false);
    expect(await client.renew("not a token")).toBe(false);
  });

  it("finds what another tab has stored", async () => {
    const { client, server, token, open, refreshes } = await started();
    const other = open().client;
    other.start();
    await flush();
    expect(await other.renew(token)).toBe(true);
    expect(await client.renew(token)).toBe(true);
    expect(refreshes()).toBe(1);
    expect(server.sessions.rotations).toHaveLength(1);
  });
});

describe("authorization", () => {
  it("never waits while the token is good, whatever is in flight", async () => {
    const { client, clock, server, token } = await started();
    server.respond(() => new Promise<Response>(() => {}));
    await clock.advance(226_000);
    expect(await client.authorization()).toMatchObject({ token });
  });

  it("waits for the refresh where the token is over", async () => {
    const { client, clock, server, token } = await started();
    const answer = later();
    server.respond((request) => {
      if (request.path !== "/auth/refresh") return undefined;
      return answer.answer.then(() => server.answer(request));
    });
    clock.freeze(301_000);
    let given: string | null | undefined;
    void client.authorization().then((authorization) => (given = authorization.token));
    await flush();
    expect(given).toBeUndefined();
    answer.give(new Response());
    await flush();
    expect(given).not.toBe(token);
    expect(given).toMatch(/\./);
  });

  it("waits ten seconds at most, and gives what there is", async () => {
    const { client, clock, server, browser, token } = await started();
    // The tab with the lock is frozen, and the server hangs.
    void browser.locks.request("signet.refresh", { signal: new AbortController().signal }, () => new Promise(() => {}));
    server.respond(() => new Promise<Response>(() => {}));
    clock.freeze(299_000);
    let given: string | null | undefined;
    void client.authorization().then((authorization) => (given = authorization.token));
    await clock.advance(9_999);
    expect(given).toBeUndefined();
    await clock.advance(1);
    expect(given).toBe(token);
  });

  it("begins the refresh that a sleeping timer has missed", async () => {
    const { client, clock, token, refreshes } = await started();
    clock.freeze(3600_000);
    const { token: given } = await client.authorization();
    expect(given).not.toBe(token);
    expect(refreshes()).toBe(1);
  });
});
