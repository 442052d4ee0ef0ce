import { describe, expect, it } from "vitest";
import { ada, bob, createFakeServer, flush, later, networkError, refusal, setUp, startMs } from "../test/harness.ts";
import { attemptKey, signedOutKey, tokenKey } from "./client-storage.ts";
import { decodeUnverified } from "./index.ts";

const good = { username: "ada", password: "correct horse battery staple" };
const attemptOf = (request: { body: Record<string, unknown> } | undefined) => request?.body["attempt"];

/** Somebody who has just come, and whose token is soon to be renewed. */
async function started(options: Parameters<typeof setUp>[0] = { here: ada }) {
  const scene = setUp(options);
  scene.client.start();
  await flush();
  const refreshes = () => scene.server.requests.filter(({ path }) => path === "/auth/refresh");
  return { ...scene, refreshes };
}

describe("a refresh", () => {
  it("is done ahead of the token's end, spread over people and tabs", async () => {
    const moments: number[] = [];
    for (const random of [0, 0.5, 0.999]) {
      const { clock, refreshes } = await started({ here: ada, random: () => random });
      while (refreshes().length === 0) await clock.advance(1_000);
      moments.push((clock.trueMs() - startMs) / 1000);
    }
    expect(moments).toEqual([240, 225, 210]);
  });

  it("changes nothing that can be seen but times", async () => {
    const { client, clock, server, browser, refreshes } = await started();
    const { identity } = client.getState();
    const seen = new Set<string>();
    client.subscribe(() => seen.add(client.getState().status));
    const before = browser.stored();
    await clock.advance(3_600_000);
    expect([...seen]).toEqual(["signed-in"]);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada, identity });
    expect(browser.stored()).not.toBe(before);
    expect(client.timeLeftMs()).toBeGreaterThan(60_000);
    // 300 s each, renewed after 225: the server is not asked who this is again.
    expect(refreshes()).toHaveLength(16);
    expect(server.sessions.rotations).toHaveLength(16);
    expect(server.count("auth.whoami")).toBe(1);
  });

  it("sends session and attempt with the cookie, and no bearer", async () => {
    const { clock, refreshes } = await started();
    await clock.advance(230_000);
    const [request] = refreshes();
    expect(request?.body).toEqual({ session: ada.sessionId, attempt: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/) });
    expect(request?.init).toMatchObject({ method: "POST", credentials: "include", redirect: "error" });
    expect(request?.authorization).toBeNull();
  });

  it("keeps to a minimum of 40 s between two, whatever asks for one", async () => {
    const { client, clock, server, tab } = await started();
    const times: number[] = [];
    server.respond(({ path }) => {
      if (path === "/auth/refresh") times.push(clock.trueMs());
      // A server of another clock: every token is about to end.
      if (path === "auth.whoami") return refusal(401, "token_expired");
      return undefined;
    });
    for (let second = 0; second < 600; second += 5) {
      tab.events()?.onShown(true);
      tab.events()?.onOnline();
      await client.renew((await client.getAccessToken()) ?? "");
      await clock.advance(5_000);
    }
    expect(times.length).toBeGreaterThan(1);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(40_000);
  });

  it("works for tokens that live for seconds only", async () => {
    const { client, server, clock, refreshes } = await started({});
    server.sessions.setLife(4);
    await client.signIn(good);
    const seen = new Set<string>();
    client.subscribe(() => seen.add(client.getState().status));
    await clock.advance(60_000);
    expect([...seen]).toEqual(["signed-in"]);
    expect(refreshes().length).toBeLessThan(25);
  });

  it("is given up after ten seconds", async () => {
    const { client, clock, server, refreshes } = await started();
    server.respond(() => new Promise<Response>(() => {}));
    await clock.advance(225_000);
    expect(refreshes()).toHaveLength(1);
    expect(refreshes()[0]?.init.signal?.aborted).toBe(false);
    await clock.advance(10_000);
    expect(refreshes()[0]?.init.signal?.aborted).toBe(true);
    expect(client.getState().status).toBe("signed-in");
  });

  it("leaves nothing secret in storage but the short access token", async () => {
    const { clock, client, browser, server } = await started({});
    await client.signIn(good);
    server.lose("/auth/refresh");
    await clock.advance(230_000);
    expect([...browser.items.keys()].toSorted()).toEqual([tokenKey, attemptKey].toSorted());
    expect(JSON.parse(browser.items.get(attemptKey) ?? "")).toEqual({
      session: ada.sessionId,
      attempt: expect.any(String),
    });
    await client.signOut();
    expect([...browser.items.keys()]).toEqual([signedOutKey]);
    expect(browser.items.get(signedOutKey)).toBe(`[{"session":"${ada.sessionId}","told":true}]`);
  });
});

describe("an answer that was lost (F7, F11, F15)", () => {
  it("is asked for again under the same name, and nobody is signed out", async () => {
    const { client, clock, server, refreshes, browser } = await started();
    server.lose("/auth/refresh");
    await clock.advance(260_000);
    expect(new Set(refreshes().map(attemptOf)).size).toBe(1);
    expect(refreshes().length).toBeGreaterThan(2);
    server.respond(undefined);
    await clock.advance(30_000);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(server.sessions.rotations).toHaveLength(1);
    expect(server.sessions.thefts).toEqual([]);
    expect(browser.items.has(attemptKey)).toBe(false);
  });

  it("is still there after eight hours with the lid closed, and a reload", async () => {
    const { clock, server, open, refreshes } = await started();
    server.lose("/auth/refresh");
    await clock.advance(226_000);
    clock.sleep(8 * 3600_000);
    server.respond(undefined);
    const { client } = open();
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(new Set(refreshes().map(attemptOf)).size).toBe(1);
    expect(server.sessions.thefts).toEqual([]);
  });

  it("is asked for by another tab under the same name", async () => {
    const { clock, server, open, refreshes, browser } = await started();
    server.respond(({ path }) => (path === "/auth/refresh" ? new Promise<Response>(() => {}) : undefined));
    await clock.advance(226_000);
    // That tab is closed while its request is under way: it never comes to store anything.
    server.respond(undefined);
    const { client } = open({ locks: browser.locks });
    client.start();
    await clock.advance(20_000);
    expect(client.getState().status).toBe("signed-in");
    expect(new Set(refreshes().map(attemptOf)).size).toBe(1);
  });

  it("ends its name once the answer is stored: the next refresh has its own", async () => {
    const { clock, refreshes } = await started();
    await clock.advance(460_000);
    expect(new Set(refreshes().map(attemptOf)).size).toBe(2);
  });

  it("has written its name before it is sent, and removed it only after the answer was stored", async () => {
    const { clock, server, browser, tab } = await started();
    const seen: [string, boolean, boolean][] = [];
    const first = browser.stored();
    server.respond(({ path }) => {
      if (path === "/auth/refresh") seen.push(["sent", browser.items.has(attemptKey), browser.stored() === first]);
      return undefined;
    });
    const remove = tab.storage.remove;
    tab.storage.remove = (key) => {
      if (key === attemptKey) seen.push(["removed", browser.items.has(attemptKey), browser.stored() === first]);
      remove(key);
    };
    await clock.advance(230_000);
    expect(seen).toEqual([
      ["sent", true, true],
      ["removed", true, false],
    ]);
  });

  it.each(["", "null", "[]", '{"session":"sid-ada"}', '{"session":"sid-ada","attempt":"a b"}', "x".repeat(100_000)])(
    "gets a new name where storage holds %s",
    async (poison) => {
      const { clock, browser, refreshes, client } = await started();
      browser.items.set(attemptKey, poison);
      await clock.advance(230_000);
      expect(attemptOf(refreshes()[0])).toMatch(/^[A-Za-z0-9_-]{22}$/);
      expect(client.getState().status).toBe("signed-in");
    },
  );
});

describe("a refresh without an answer (WEB-06, F51)", () => {
  const html = () => new Response("<html>Welcome</html>", { headers: { "content-type": "text/html" } });
  const otherSession = {
    access_token: "",
    token_type: "bearer",
    expires_in: 300,
    session: bob.sessionId,
  };
  const cases: [string, () => Response | Promise<Response>, string][] = [
    ["a network error", networkError, "network"],
    ["500", () => new Response("", { status: 500 }), "server_error"],
    ["502 in HTML", () => new Response("<html>", { status: 502 }), "server_error"],
    ["503", () => Response.json({ error: "temporarily_unavailable" }, { status: 503 }), "server_error"],
    ["429", () => Response.json({ error: "temporarily_unavailable" }, { status: 429 }), "rate_limited"],
    ["403", () => Response.json({ error: "access_denied" }, { status: 403 }), "unreadable_answer"],
    ["401", () => Response.json({ error: "invalid_token" }, { status: 401 }), "unreadable_answer"],
    ["400 of another kind", () => Response.json({ error: "invalid_request" }, { status: 400 }), "unreadable_answer"],
    ["400 in HTML", () => new Response("invalid_grant", { status: 400 }), "unreadable_answer"],
    ["a captive portal's 200", html, "unreadable_answer"],
    ["a captive portal's 204", () => new Response(null, { status: 204 }), "unreadable_answer"],
    ["200 with other JSON", () => Response.json({ access_token: 7 }), "unreadable_answer"],
    ["200 for another session", () => Response.json(otherSession), "unreadable_answer"],
  ];
  it.each(cases)("keeps everything after %s, and says so only when the token is over", async (_, answer, problem) => {
    const { client, clock, server, browser } = await started();
    const token = browser.stored();
    server.respond(({ path }) => (path === "/auth/refresh" ? answer() : undefined));
    await clock.advance(299_000);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    await clock.advance(2_000);
    expect(client.getState()).toMatchObject({ status: "unreachable", problem, user: ada });
    expect(browser.stored()).toBe(token);
    server.respond(undefined);
    await clock.advance(31_000);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });

  it("is repeated ever more seldom, but at least twice a minute", async () => {
    const { clock, server, refreshes } = await started();
    server.respond(networkError);
    await clock.advance(285_000);
    const first = refreshes().length;
    expect(first).toBeGreaterThan(4);
    expect(first).toBeLessThan(9);
    await clock.advance(600_000);
    expect((refreshes().length - first) / 10).toBeGreaterThanOrEqual(2);
    expect((refreshes().length - first) / 10).toBeLessThan(4);
  });

  it("is not repeated before the time that Retry-After names, whoever asks", async () => {
    const { client, clock, server, refreshes, tab } = await started();
    server.respond(({ path }) =>
      path === "/auth/refresh" ? Response.json({}, { status: 429, headers: { "retry-after": "50" } }) : undefined,
    );
    await clock.advance(226_000);
    const token = (await client.getAccessToken()) ?? "";
    expect(await client.renew(token)).toBe(false);
    tab.events()?.onShown(true);
    await clock.advance(48_000);
    expect(refreshes()).toHaveLength(1);
    await clock.advance(3_000);
    expect(refreshes()).toHaveLength(2);
  });

  it("is said at the token's end, also when whoami had an answer in between", async () => {
    const { client, clock, server, tab } = await started();
    server.respond(({ path }) =>
      path === "/auth/refresh" ? Response.json({}, { status: 503, headers: { "retry-after": "290" } }) : undefined,
    );
    await clock.advance(240_000);
    tab.events()?.onShown(true);
    await clock.advance(58_000);
    expect(client.getState().status).toBe("signed-in");
    await clock.advance(3_000);
    expect(client.getState()).toMatchObject({ status: "unreachable", problem: "server_error", user: ada });
  });

  it("is repeated at once when the network is back, or the person wants it", async () => {
    const { client, clock, server, refreshes, tab } = await started();
    server.respond(networkError);
    await clock.advance(400_000);
    expect(client.getState().status).toBe("unreachable");
    const before = refreshes().length;
    await client.retry();
    expect(refreshes()).toHaveLength(before + 1);
    server.respond(undefined);
    tab.events()?.onOnline();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });
});

describe("who is signed out by a refresh", () => {
  it("is somebody whose session was ended elsewhere, once the access token is refused too", async () => {
    const { client, clock, server, browser } = await started();
    server.sessions.end(ada.sessionId);
    await clock.advance(230_000);
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "ended_elsewhere" });
    expect(browser.stored()).toBeNull();
    await clock.advance(600_000);
    expect(server.count("/auth/refresh")).toBe(1);
  });

  it("is somebody who comes back after the session's time is over", async () => {
    const { client, clock, server, browser, tab } = await started();
    clock.sleep(40 * 24 * 3600_000);
    server.sessions.end(ada.sessionId);
    tab.events()?.onShown(false);
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-out", reason: "expired" });
    expect(browser.stored()).toBeNull();
  });

  it("is nobody when a newer token was stored meanwhile", async () => {
    const { client, clock, server, browser } = await started();
    const answer = later();
    server.respond(({ path }) => (path === "/auth/refresh" ? answer.answer : undefined));
    await clock.advance(226_000);
    server.respond(undefined);
    // Another tab, without a lock and without a message.
    const renewed = server.answer({
      path: "/auth/refresh",
      body: { session: ada.sessionId, attempt: "another-tabs-attempt" },
      authorization: null,
      init: { credentials: "include" },
    });
    server.sessions.cookiesOf(renewed)?.(server.jar);
    const { access_token: newer } = (await renewed.json()) as { access_token: string };
    browser.items.set(tokenKey, newer);
    answer.give(Response.json({ error: "invalid_grant" }, { status: 400 }));
    await flush();
    expect(client.getState().status).toBe("signed-in");
    expect(browser.stored()).toBe(newer);
  });

  it("is not B, when the answer was for A", async () => {
    const { client, clock, server, browser, refreshes } = await started();
    const answer = later();
    server.respond(({ path }) => (path === "/auth/refresh" ? answer.answer : undefined));
    await clock.advance(226_000);
    server.respond(undefined);
    await client.signIn({ ...good, username: "bob" });
    const token = browser.stored();
    answer.give(Response.json({ error: "invalid_grant" }, { status: 400 }));
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
    await clock.advance(230_000);
    expect(decodeUnverified(browser.stored())?.subject).toBe(bob.subject);
    expect(browser.stored()).not.toBe(token);
    // Names belong to sessions.
    expect(new Set(refreshes().map(attemptOf)).size).toBe(2);
    expect(server.sessions.thefts).toEqual([]);
  });
});

describe("a page that begins with a token that is over (F15)", () => {
  it("renews it instead of signing out", async () => {
    const { client, clock, server } = setUp({ here: ada });
    clock.sleep(8 * 3600_000);
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(server.requests.map(({ path }) => path)).toEqual(["auth.whoami", "/auth/refresh", "auth.whoami"]);
  });

  it("keeps it while the server is away, and goes on when it is back", async () => {
    const { client, clock, server } = setUp({ here: ada });
    clock.sleep(8 * 3600_000);
    server.respond(({ path }) => (path === "/auth/refresh" ? networkError() : undefined));
    client.start();
    await flush();
    expect(client.getState()).toMatchObject({ status: "unreachable", problem: "network", user: null });
    server.respond(undefined);
    await clock.advance(31_000);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });
});

it("asks the paper server nothing that the true one does not know", () => {
  // The grace of the server that these tests run against: one step behind, 30 s, or the same attempt.
  const clock = { trueMs: () => startMs, advance: 0 };
  const server = createFakeServer(clock as never);
  const jar = new Map<string, number>();
  server.sessions.begin(ada, jar);
  const refresh = (attempt: string, cookies: Map<string, number>) =>
    server.sessions.answer("/auth/refresh", { session: ada.sessionId, attempt }, "", cookies)?.status;
  expect(refresh("a", new Map(jar))).toBe(200);
  clock.trueMs = () => startMs + 8 * 3600_000;
  expect(refresh("a", new Map(jar))).toBe(200);
  expect(refresh("b", new Map(jar))).toBe(400);
  expect(server.sessions.thefts).toEqual([ada.sessionId]);
});
