import { describe, expect, it } from "vitest";
import { ada, bob, flush, later, setUp } from "../test/harness.ts";
import { tokenKey } from "./client-storage.ts";
import type { AuthClient } from "./index.ts";
import type { Locks } from "./page-locks.ts";

const good = { username: "ada", password: "correct horse battery staple" };
/** A lock that everybody gets at once: as if there were none. */
const noLocks: Locks = { request: (_name, _options, work) => work() };

async function tabs(count: number, options: Parameters<typeof setUp>[0] = {}) {
  const scene = setUp({ here: ada, ...options });
  const all = [scene, ...Array.from({ length: count - 1 }, () => scene.open())];
  for (const { client } of all) client.start();
  await flush();
  return { ...scene, all, clients: all.map(({ client }) => client) };
}

const statuses = (clients: AuthClient[]) => [...new Set(clients.map((client) => client.getState().status))];

describe("twenty tabs (F12, F15)", () => {
  it("send one refresh, and all have the new token", async () => {
    const { clients, clock, server, browser } = await tabs(20);
    await clock.advance(240_000);
    expect(server.count("/auth/refresh")).toBe(1);
    expect(statuses(clients)).toEqual(["signed-in"]);
    expect(new Set(await Promise.all(clients.map((client) => client.getAccessToken())))).toEqual(
      new Set([browser.stored()]),
    );
  });

  it.each([
    ["stood still", "sleep"],
    ["went on", "freeze"],
  ] as const)("wake at once after eight hours in which the monotonic clock %s: one refresh", async (_, how) => {
    const { all, clients, clock, server } = await tabs(20);
    await clock.advance(100_000);
    clock[how](8 * 3600_000);
    for (const { tab } of all) tab.events()?.onShown(false);
    await clock.advance(1_000);
    expect(statuses(clients)).toEqual(["signed-in"]);
    expect(server.count("/auth/refresh")).toBe(1);
    expect(server.sessions.rotations).toHaveLength(1);
  });

  it("notice by themselves that the device has slept", async () => {
    const { clients, clock, server } = await tabs(3);
    await clock.advance(100_000);
    clock.sleep(8 * 3600_000);
    await clock.advance(21_000);
    expect(statuses(clients)).toEqual(["signed-in"]);
    expect(server.count("/auth/refresh")).toBe(1);
    expect(clients[0]?.timeLeftMs()).toBeGreaterThan(200_000);
  });

  it("opened after a night, all at once, send one refresh", async () => {
    const scene = setUp({ here: ada });
    scene.clock.sleep(8 * 3600_000);
    const clients = [scene.client, ...Array.from({ length: 19 }, () => scene.open().client)];
    for (const client of clients) client.start();
    await flush();
    expect(statuses(clients)).toEqual(["signed-in"]);
    expect(scene.server.count("/auth/refresh")).toBe(1);
  });

  it("stay signed in without Web Locks: the server gives all of them one answer", async () => {
    const { clients, clock, server } = await tabs(20, { locks: noLocks, verifyOnLoad: true });
    const held: (() => void)[] = [];
    server.respond((request) => {
      if (request.path !== "/auth/refresh") return undefined;
      const answer = server.answer(request);
      return new Promise<Response>((resolve) => held.push(() => resolve(answer)));
    });
    await clock.advance(226_000);
    expect(held.length).toBeGreaterThan(1);
    for (const give of held) give();
    await clock.advance(60_000);
    expect(server.sessions.rotations).toHaveLength(1);
    expect(server.sessions.thefts).toEqual([]);
    expect(statuses(clients)).toEqual(["signed-in"]);
  });

  it("wait five seconds at most for a tab that is frozen with the lock", async () => {
    const { clients, clock, server, browser } = await tabs(3);
    void browser.locks.request("signet.refresh", { signal: new AbortController().signal }, () => new Promise(() => {}));
    await clock.advance(229_000);
    expect(server.count("/auth/refresh")).toBe(0);
    await clock.advance(2_000);
    expect(server.count("/auth/refresh")).toBeGreaterThan(0);
    expect(server.sessions.rotations).toHaveLength(1);
    expect(statuses(clients)).toEqual(["signed-in"]);
  });

  it("look whether another one was quicker before they send", async () => {
    const { clients, clock, server, browser } = await tabs(2);
    const other = clients[1];
    // That tab hears nothing of the others, as in the background of some browsers.
    const first = browser.stored();
    await clock.advance(226_000);
    expect(browser.stored()).not.toBe(first);
    await other?.renew(first ?? "");
    expect(server.count("/auth/refresh")).toBe(1);
  });
});

describe("a refreshed token in another tab", () => {
  it("changes times there, and no identity", async () => {
    const { clients, clock } = await tabs(2);
    const seen = new Set<string>();
    const other = clients[1];
    const identity = other?.getState().identity;
    other?.subscribe(() => seen.add(other.getState().status));
    await clock.advance(240_000);
    expect([...seen]).toEqual(["signed-in"]);
    expect(other?.getState().identity).toBe(identity);
    expect(other?.timeLeftMs()).toBeGreaterThan(250_000);
  });

  it("does not supersede a sign-in as somebody else that is under way", async () => {
    const { clients, clock, server } = await tabs(2);
    await clock.advance(220_000);
    const answer = later();
    server.respond((request) => (request.path === "auth.issueToken" ? answer.answer : undefined));
    const entering = clients[0]?.signIn({ ...good, username: "bob" });
    await clock.advance(8_000);
    expect(server.sessions.rotations).toHaveLength(1);
    server.respond(undefined);
    const issued = server.answer({
      path: "auth.issueToken",
      body: { username: "bob", refreshToken: "cookie" },
      authorization: null,
      init: {},
    });
    answer.give(issued);
    expect(await entering).toMatchObject(bob);
  });
});

describe("signing out while a refresh is in flight", () => {
  async function inFlight(count: number, options: Parameters<typeof setUp>[0] = {}) {
    const scene = await tabs(count, options);
    const answers: (() => void)[] = [];
    scene.server.respond((request) => {
      if (request.path !== "/auth/refresh") return undefined;
      const answer = scene.server.answer(request);
      return new Promise<Response>((resolve) => answers.push(() => resolve(answer)));
    });
    await scene.clock.advance(226_000);
    expect(answers.length).toBeGreaterThan(0);
    return { ...scene, giveAll: () => answers.forEach((give) => give()) };
  }

  it.each([
    ["the tab that refreshes", 0],
    ["another tab", 1],
  ])("in %s: the late answer changes nothing anywhere", async (_, which) => {
    const { clients, clock, server, browser, giveAll } = await inFlight(2);
    await clients[which]?.signOut();
    expect(statuses(clients)).toEqual(["signed-out"]);
    giveAll();
    await clock.advance(60_000);
    expect(statuses(clients)).toEqual(["signed-out"]);
    expect(browser.stored()).toBeNull();
    expect(server.sessions.isLive(ada.sessionId)).toBe(false);
    expect(server.jar.has(ada.sessionId)).toBe(false);
  });

  it("a tab that stores its answer a moment after all, as storage tells it late, is undone", async () => {
    const { clients, clock, browser, server, open } = await inFlight(2);
    const issued = server.requests.find(({ path }) => path === "/auth/refresh");
    expect(issued).toBeDefined();
    const late = (await server
      .answer({
        path: "/auth/refresh",
        body: issued?.body ?? {},
        authorization: null,
        init: { credentials: "include" },
      })
      .json()) as { access_token: string };
    await clients[0]?.signOut();
    browser.items.set(tokenKey, late.access_token);
    browser.store(late.access_token);
    await clock.advance(1_000);
    expect(statuses(clients)).toEqual(["signed-out"]);
    expect(browser.stored()).toBeNull();
    // Nor does a page that begins then.
    browser.items.set(tokenKey, late.access_token);
    const { client } = open();
    client.start();
    await flush();
    expect(client.getState().status).toBe("signed-out");
  });

  it.each([
    ["nobody", null],
    ["somebody else", bob],
  ])("elsewhere, before this tab has heard of it: storage holds %s, and keeps it", async (_, person) => {
    const { client, clock, server, browser, giveAll } = await inFlight(1);
    const token = person === null ? null : server.sessions.begin(person, server.jar);
    if (token === null) browser.items.delete(tokenKey);
    else browser.items.set(tokenKey, token);
    giveAll();
    await clock.advance(1_000);
    expect(browser.stored()).toBe(token);
    const expected = person === null ? { status: "signed-out" } : { status: "signed-in", user: person };
    expect(client.getState()).toMatchObject(expected);
  });

  it("sign-in as B: A's late answer reaches neither storage nor anybody's state", async () => {
    const { clients, clock, server, browser, giveAll } = await inFlight(3, { locks: noLocks });
    await clients[2]?.signIn({ ...good, username: "bob" });
    await flush();
    const token = browser.stored();
    giveAll();
    await clock.advance(30_000);
    expect(browser.stored()).toBe(token);
    for (const client of clients) expect(client.getState()).toMatchObject({ status: "signed-in", user: bob });
    expect(server.sessions.isLive(bob.sessionId)).toBe(true);
    // Whoever was replaced is signed out for good.
    expect(server.sessions.isLive(ada.sessionId)).toBe(false);
  });
});

describe("a page out of the back-forward cache (F53)", () => {
  it("shows nobody, or somebody else, before anything else can be seen", async () => {
    const { all, browser, server } = await tabs(2);
    const other = all[1];
    const seen: string[] = [];
    other?.client.subscribe(() => seen.push(other.client.getState().status));
    server.respond(() => new Promise<Response>(() => {}));
    browser.items.delete(tokenKey);
    other?.tab.events()?.onShown(true);
    // At once, without waiting for any answer.
    expect(seen).toEqual(["signed-out"]);
    browser.items.set(tokenKey, server.sessions.begin(bob, server.jar));
    all[0]?.tab.events()?.onShown(true);
    expect(all[0]?.client.getState().status).toBe("loading");
  });
});
