import { describe, expect, it } from "vitest";
import { ada, bob, flush, networkError, refusal, setUp, startMs, tokenFor } from "../test/harness.ts";
import { signedOutKey } from "./client-storage.ts";

const good = { username: "ada", password: "correct horse battery staple" };

async function started(options: Parameters<typeof setUp>[0] = { here: ada }) {
  const scene = setUp(options);
  scene.client.start();
  await flush();
  return { ...scene, signOuts: () => scene.server.requests.filter(({ path }) => path === "/auth/sign-out") };
}

describe("signing out (REF-12)", () => {
  it("changes this page and all tabs at once, whatever the server does", async () => {
    const { client, open, server, browser } = await started();
    const other = open().client;
    other.start();
    await flush();
    server.respond(() => new Promise<Response>(() => {}));
    void client.signOut();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "signed_out" });
    expect(other.getState()).toMatchObject({ status: "signed-out", reason: "ended_elsewhere" });
    expect(browser.stored()).toBeNull();
  });

  it("tells the server, with session, cookie and bearer, also when the page is left right after", async () => {
    const { client, browser, server, signOuts } = await started();
    const token = browser.stored();
    await client.signOut();
    expect(signOuts()).toMatchObject([
      {
        body: { session: ada.sessionId },
        authorization: `Bearer ${token}`,
        init: { credentials: "include", keepalive: true, method: "POST" },
      },
    ]);
    expect(server.sessions.isLive(ada.sessionId)).toBe(false);
    expect(server.jar.size).toBe(0);
  });

  it("is remembered while the server can't be reached, and repeated until it can", async () => {
    const { client, clock, server, browser, signOuts } = await started();
    server.respond(networkError);
    await client.signOut();
    expect(browser.items.get(signedOutKey)).toBe(`[{"session":"${ada.sessionId}","told":false}]`);
    await clock.advance(60_000);
    expect(signOuts().length).toBeGreaterThan(3);
    expect(signOuts().length).toBeLessThan(9);
    server.respond(undefined);
    await clock.advance(31_000);
    expect(server.sessions.isLive(ada.sessionId)).toBe(false);
    const told = signOuts().length;
    await clock.advance(600_000);
    expect(signOuts()).toHaveLength(told);
  });

  it("is repeated by the next page, whose proof is the cookie", async () => {
    const { client, open, server, signOuts } = await started();
    server.respond(networkError);
    await client.signOut();
    server.respond(undefined);
    const before = signOuts().length;
    open().client.start();
    await flush();
    expect(signOuts()).toHaveLength(before + 1);
    expect(signOuts().at(-1)?.authorization).toBeNull();
    expect(server.sessions.isLive(ada.sessionId)).toBe(false);
  });

  it("is repeated at once when the network is back", async () => {
    const { client, tab, server } = await started();
    server.respond(networkError);
    await client.signOut();
    server.respond(undefined);
    tab.events()?.onOnline();
    await flush();
    expect(server.sessions.isLive(ada.sessionId)).toBe(false);
  });

  it.each([
    ["503", () => Response.json({}, { status: 503, headers: { "retry-after": "20" } }), true],
    ["a captive portal's page", () => new Response("<html>", { status: 200 }), true],
    ["429", () => Response.json({}, { status: 429 }), true],
    ["403 from our server", () => Response.json({ error: "access_denied" }, { status: 403 }), false],
  ])("after %s is repeated: %s", async (_, answer, repeated) => {
    const { client, clock, server, signOuts } = await started();
    server.respond(({ path }) => (path === "/auth/sign-out" ? answer() : undefined));
    await client.signOut();
    await clock.advance(60_000);
    expect(signOuts().length > 1).toBe(repeated);
  });

  it("waits as long as Retry-After says", async () => {
    const { client, clock, server, signOuts } = await started();
    server.respond(() => Response.json({}, { status: 503, headers: { "retry-after": "20" } }));
    await client.signOut();
    await clock.advance(19_000);
    expect(signOuts()).toHaveLength(1);
    await clock.advance(3_000);
    expect(signOuts()).toHaveLength(2);
  });

  it("asks nothing of the server where nobody was signed in", async () => {
    const { client, signOuts } = await started({});
    await client.signOut();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "signed_out" });
    expect(signOuts()).toHaveLength(0);
  });

  it("works before the page has begun to look", async () => {
    const { client, server, browser } = setUp({ here: ada });
    await client.signOut();
    expect(browser.stored()).toBeNull();
    expect(server.sessions.isLive(ada.sessionId)).toBe(false);
  });

  it("survives a list of former sign-outs that somebody has written over", async () => {
    for (const poison of ["{", "{}", "[1,null,{}]", '[{"session":7,"told":false}]', "x".repeat(100_000)]) {
      const { client, browser, server } = await started();
      browser.items.set(signedOutKey, poison);
      await client.signOut();
      expect(server.sessions.isLive(ada.sessionId)).toBe(false);
    }
  });

  it("does not flood the server because of such a list", async () => {
    const list = Array.from({ length: 5_000 }, (_, n) => ({ session: `sid-${n}`, told: false }));
    const scene = setUp({});
    scene.browser.items.set(signedOutKey, JSON.stringify(list));
    scene.client.start();
    await scene.clock.advance(60_000);
    expect(scene.server.count("/auth/sign-out")).toBeLessThanOrEqual(20);
  });
});

describe("signing in again", () => {
  it("ends the session that is replaced, on the server too", async () => {
    const { client, clock, server } = await started();
    await client.signIn({ ...good, username: "bob" });
    await clock.advance(1_000);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
    expect(server.sessions.isLive(ada.sessionId)).toBe(false);
    expect([...server.jar.keys()]).toEqual([bob.sessionId]);
  });

  it("ends a session that came after the person had signed out", async () => {
    const { client, server } = await started({});
    let give: (response: Response) => void = () => {};
    server.respond(({ path }) =>
      path === "auth.issueToken" ? new Promise<Response>((resolve) => (give = resolve)) : undefined,
    );
    const entering = client.signIn(good).catch((error: unknown) => error);
    await client.signOut();
    server.respond(undefined);
    const body = { ...good, refreshToken: "cookie" };
    give(server.answer({ path: "auth.issueToken", body, authorization: null, init: {} }));
    expect(await entering).toMatchObject({ reason: "superseded" });
    await flush();
    expect(server.sessions.isLive(ada.sessionId)).toBe(false);
    expect(client.getState().status).toBe("signed-out");
  });

  it("asks for a cookie, over a request that may set one", async () => {
    const { client, server } = await started({});
    await client.signIn(good);
    expect(server.requests[0]).toMatchObject({
      path: "auth.issueToken",
      body: { ...good, refreshToken: "cookie" },
      init: { credentials: "include" },
    });
    expect(server.requests[1]).toMatchObject({ path: "auth.whoami", init: { credentials: "omit" } });
  });
});

describe("ending sessions", () => {
  async function onTwoDevices() {
    const scene = await started();
    const elsewhere = { ...ada, sessionId: "sid-ada-elsewhere" };
    scene.server.sessions.begin(elsewhere, new Map());
    return { ...scene, elsewhere };
  }

  it("lists them, this one marked", async () => {
    const { client, elsewhere } = await onTwoDevices();
    expect(await client.listSessions()).toEqual([
      {
        sessionId: ada.sessionId,
        current: true,
        createdAt: startMs / 1000,
        lastUsedAt: startMs / 1000,
        device: "Firefox on Linux",
        address: null,
      },
      expect.objectContaining({ sessionId: elsewhere.sessionId, current: false }),
    ]);
  });

  it("ends another one, or all others, and stays here", async () => {
    const { client, server, elsewhere } = await onTwoDevices();
    expect(await client.endSession(elsewhere.sessionId)).toEqual({ ended: 1 });
    expect(server.sessions.isLive(elsewhere.sessionId)).toBe(false);
    expect(await client.signOutOthers()).toEqual({ ended: 0 });
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(server.sessions.isLive(ada.sessionId)).toBe(true);
  });

  it.each([
    ["all", "signOutEverywhere"],
    ["this one", "endSession"],
  ] as const)("ends %s, and is signed out here, in all tabs", async (_, how) => {
    const { client, server, browser, open } = await onTwoDevices();
    const other = open().client;
    other.start();
    await flush();
    await client[how](ada.sessionId);
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "signed_out" });
    expect(other.getState()).toMatchObject({ status: "signed-out", reason: "ended_elsewhere" });
    expect(browser.stored()).toBeNull();
    await flush();
    expect(server.jar.size).toBe(0);
  });

  it("changes nothing when the server does not answer", async () => {
    const { client, server } = await onTwoDevices();
    server.respond(networkError);
    await expect(client.signOutEverywhere()).rejects.toMatchObject({ reason: "unreachable" });
    await expect(client.listSessions()).rejects.toMatchObject({ reason: "unreachable" });
    expect(client.getState().status).toBe("signed-in");
  });

  it("renews a token that is refused, and tries once more", async () => {
    const { client, server, browser } = await onTwoDevices();
    const token = browser.stored();
    server.respond((request) => {
      if (request.path !== "auth.listSessions" || request.authorization !== `Bearer ${token}`) return undefined;
      return refusal(401, "token_expired", { retry: true });
    });
    expect(await client.listSessions()).toHaveLength(2);
    expect(server.requests.map(({ path }) => path).slice(1, 4)).toEqual([
      "auth.listSessions",
      "/auth/refresh",
      "auth.whoami",
    ]);
  });

  it("tries once more only where nothing has run yet, and only once", async () => {
    const { client, server } = await onTwoDevices();
    server.respond(({ path }) => (path === "auth.signOutOthers" ? refusal(401, "token_expired") : undefined));
    await expect(client.signOutOthers()).rejects.toMatchObject({ reason: "token_expired" });
    expect(server.count("auth.signOutOthers")).toBe(1);
    expect(server.count("/auth/refresh")).toBe(0);
    server.respond(({ path }) =>
      path === "auth.signOutOthers" ? refusal(401, "token_expired", { retry: true }) : undefined,
    );
    await expect(client.signOutOthers()).rejects.toMatchObject({ reason: "token_expired" });
    expect(server.count("auth.signOutOthers")).toBe(3);
    expect(server.count("/auth/refresh")).toBe(1);
  });

  it("needs somebody who is signed in", async () => {
    const { client } = await started({});
    await expect(client.listSessions()).rejects.toMatchObject({ reason: "token_missing" });
  });
});

describe("changing the password", () => {
  it("goes on in a new session, as the same person: nothing that was fetched is forgotten", async () => {
    const { client, server, browser } = await started();
    const { identity } = client.getState();
    const seen = new Set<string>();
    client.subscribe(() => seen.add(client.getState().status));
    const user = await client.changePassword(good.password, "another horse with battery");
    expect(user).toMatchObject({ subject: ada.subject, sessionId: "sid-ada-2" });
    expect(client.getState()).toMatchObject({ status: "signed-in", identity, user: { sessionId: "sid-ada-2" } });
    expect([...seen]).toEqual(["signed-in"]);
    expect(server.sessions.isLive(ada.sessionId)).toBe(false);
    expect(browser.stored()).toContain(".");
    expect(server.requests.find(({ path }) => path === "auth.changePassword")).toMatchObject({
      body: { currentPassword: good.password, newPassword: "another horse with battery", refreshToken: "cookie" },
      init: { credentials: "include" },
    });
  });

  it("takes the other tabs along, also those that notice first that their session has ended", async () => {
    const { client, open, server } = await started();
    const other = open().client;
    other.start();
    await flush();
    const { identity } = other.getState();
    const seen = new Set<string>();
    other.subscribe(() => seen.add(other.getState().status));
    const token = (await other.getAccessToken()) ?? "";
    let give: () => void = () => {};
    server.respond((request) => {
      if (request.path !== "auth.changePassword") return undefined;
      const answer = server.answer(request);
      return new Promise<Response>((resolve) => (give = () => resolve(answer)));
    });
    const changing = client.changePassword(good.password, "another horse with battery");
    await flush();
    const renewing = other.renew(token);
    await flush();
    give();
    await changing;
    expect(await renewing).toBe(true);
    await flush();
    expect([...seen]).toEqual(["signed-in"]);
    expect(other.getState()).toMatchObject({ identity, user: { sessionId: "sid-ada-2" } });
  });

  it("with a wrong current password neither refreshes nor signs out", async () => {
    const { client, server } = await started();
    await expect(client.changePassword("wrong", "another horse")).rejects.toMatchObject({
      reason: "credentials_invalid",
    });
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(server.count("/auth/refresh")).toBe(0);
  });

  it("ends the new session when the person has signed out in the meantime", async () => {
    const { client, server } = await started();
    let give: () => void = () => {};
    server.respond((request) => {
      if (request.path !== "auth.changePassword") return undefined;
      const answer = server.answer(request);
      return new Promise<Response>((resolve) => (give = () => resolve(answer)));
    });
    const changing = client.changePassword(good.password, "another horse").catch((error: unknown) => error);
    await flush();
    await client.signOut();
    give();
    expect(await changing).toMatchObject({ reason: "superseded" });
    await flush();
    expect(client.getState().status).toBe("signed-out");
    expect(server.sessions.isLive("sid-ada-2")).toBe(false);
  });
});

it("a stored token that cannot be renewed is no reason to end anything", async () => {
  const { client, server } = await started({ kept: tokenFor(ada) });
  expect(client.getState().status).toBe("signed-in");
  expect(server.count("/auth/sign-out")).toBe(0);
});
