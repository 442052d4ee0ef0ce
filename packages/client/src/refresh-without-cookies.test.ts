import { describe, expect, it } from "vitest";
import { ada, createFakeBrowser, flush, networkError, setUp } from "../test/harness.ts";
import { createMemoryStorage } from "./index.ts";

const good = { username: "ada", password: "correct horse battery staple" };

/** As in Node: no cookies, nobody to share storage with. */
async function signedIn() {
  const storage = createMemoryStorage();
  const scene = setUp({ refreshToken: "body", storage });
  await scene.client.signIn(good);
  return { ...scene, storage, refreshes: () => scene.server.requests.filter(({ path }) => path === "/auth/refresh") };
}

describe("a client without cookies", () => {
  it("keeps the refresh token in memory, and refreshes with the body", async () => {
    const { client, clock, server, refreshes } = await signedIn();
    expect(server.requests[0]).toMatchObject({ body: { refreshToken: "body" }, init: { credentials: "omit" } });
    await clock.advance(3_600_000);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(refreshes()[0]).toMatchObject({ body: { refresh_token: "sid-ada:0" }, init: { credentials: "omit" } });
    expect(refreshes()[1]).toMatchObject({ body: { refresh_token: "sid-ada:1" } });
    expect(server.sessions.thefts).toEqual([]);
    expect(server.jar.size).toBe(0);
  });

  it("never writes it anywhere, and never gives it to a call", async () => {
    const browser = createFakeBrowser();
    const { storage } = browser.tab();
    const { client, clock, server } = setUp({ refreshToken: "body", storage });
    await client.signIn(good);
    server.lose("/auth/refresh");
    await clock.advance(240_000);
    expect(JSON.stringify([...browser.items])).not.toContain("sid-ada:");
  });

  it("gets the same answer again under the same name when one was lost", async () => {
    const { client, clock, server, refreshes } = await signedIn();
    server.lose("/auth/refresh");
    await clock.advance(260_000);
    server.respond(undefined);
    await clock.advance(600_000);
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(new Set(refreshes().map(({ body }) => body["attempt"])).size).toBe(server.sessions.rotations.length);
    expect(server.sessions.thefts).toEqual([]);
  });

  it("signs out with it", async () => {
    const { client, clock, server } = await signedIn();
    await clock.advance(230_000);
    await client.signOut();
    expect(server.requests.at(-1)).toMatchObject({
      path: "/auth/sign-out",
      body: { session: "sid-ada", refresh_token: "sid-ada:1" },
    });
    expect(server.sessions.isLive("sid-ada")).toBe(false);
  });

  it("forgets it with the person: another one's refresh does not use it", async () => {
    const { client, clock, refreshes } = await signedIn();
    await client.signIn({ ...good, username: "bob" });
    await clock.advance(230_000);
    expect(refreshes().map(({ body }) => body["refresh_token"])).toEqual(["sid-bob:0"]);
  });

  it("changes the password and goes on with the new session's", async () => {
    const { client, clock, refreshes } = await signedIn();
    await client.changePassword(good.password, "another horse with battery");
    await clock.advance(230_000);
    expect(client.getState().status).toBe("signed-in");
    expect(refreshes().map(({ body }) => body["refresh_token"])).toEqual(["sid-ada-2:0"]);
  });

  it("does not refresh a token that it found without one", async () => {
    const { client, clock, refreshes, server } = await signedIn();
    const token = await client.getAccessToken();
    const next = setUp({ refreshToken: "body", kept: token, fetch: server.fetch, clock });
    next.client.start();
    await clock.advance(230_000);
    expect(next.client.getState()).toMatchObject({ status: "signed-in", user: ada });
    expect(refreshes()).toHaveLength(1);
  });

  it("keeps everything while the server is away", async () => {
    const { client, clock, server } = await signedIn();
    server.respond(networkError);
    await clock.advance(3_600_000);
    expect(client.getState()).toMatchObject({ status: "unreachable", user: ada });
    server.respond(undefined);
    await clock.advance(31_000);
    await flush();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: ada });
  });
});
