// tRPC over node:http is answered without a `Request` between. Here the same calls go both ways, and have to come to the same.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AuthError } from "@signet/auth/errors";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestApi, issuer, otherOrigin, password, type TestApi } from "./test-api.ts";

let api: TestApi;
let server: Server;
beforeEach(async () => {
  api = await createTestApi();
  server = await serverOf(api);
});
afterEach(() => void server.close());

const peer = { address: "192.0.2.1" };

async function serverOf({ api: { trpc } }: TestApi): Promise<Server> {
  const started = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", issuer);
    if (trpc.takes(request, pathname)) return trpc.handle(request, response, peer);
    return response.writeHead(599).end("not taken");
  });
  started.listen(0, "127.0.0.1");
  await once(started, "listening");
  return started;
}

async function overNode(path: string, init: RequestInit = {}, to = server): Promise<Response> {
  const { port } = to.address() as AddressInfo;
  return fetch(`http://127.0.0.1:${port}${path}`, init);
}

/** What an answer says; what only the moment or the transport decides is left out. */
async function told(answer: Response) {
  const headers = new Map(answer.headers);
  // Nothing of tRPC is kept by anybody, so nobody needs to know what it varies with.
  for (const name of ["date", "connection", "keep-alive", "content-length", "transfer-encoding", "vary"])
    headers.delete(name);
  return { status: answer.status, headers: Object.fromEntries(headers), body: await answer.text() };
}

const post = (input: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(input),
});

describe("tRPC by the straight way", () => {
  test("answers as the Fetch handler does, to the signed in, to strangers and to those who are wrong", async () => {
    const { accessToken } = await api.signUp("ada");
    const bearer = api.bearer(accessToken);
    const whoami = "/api/trpc/auth.whoami";
    const calls: [path: string, init?: RequestInit][] = [
      [whoami, { headers: bearer }],
      [whoami],
      [whoami, { headers: { authorization: "Basic eDp5" } }],
      [whoami, { headers: api.bearer("junk") }],
      [whoami, { headers: api.bearer(`${accessToken.slice(0, -2)}AA`) }],
      [whoami, { headers: { ...bearer, origin: otherOrigin } }],
      [whoami, { headers: { ...bearer, origin: "https://elsewhere.test" } }],
      [`${whoami}?batch=1&input={}`, { headers: bearer }],
      [`${whoami},auth.listSessions,auth.whoami?batch=1&input={}`, { headers: bearer }],
      [`${whoami},auth.nothing?batch=1&input={}`, { headers: bearer }],
      [`${whoami}${",auth.whoami".repeat(40)}?batch=1`, { headers: bearer }],
      [whoami, post({}, bearer)],
      ["/api/trpc/auth.nothing"],
      ["/api/trpc/constructor"],
      ["/api/trpc/auth.signOut", { headers: bearer }],
      ["/api/trpc/auth.issueToken", post({ username: "ada", password: "wrong wrong wrong" })],
      ["/api/trpc/auth.issueToken", post({ username: "ada" })],
      ["/api/trpc/auth.issueToken", post({ username: "ada", password, more: 1 })],
      ["/api/trpc/auth.issueToken", post({ username: "ada", password }, { origin: "https://elsewhere.test" })],
      ["/api/trpc/auth.issueToken,auth.issueToken?batch=1", post({ 0: { username: "ada", password }, 1: {} })],
      ["/api/trpc/auth.issueToken", { ...post({}), body: "{" }],
      ["/api/trpc/auth.refresh", post({ refreshToken: "made up" })],
    ];
    for (const [path, init] of calls) {
      const straight = await told(await overNode(path, init));
      expect(straight, path).toEqual(await told(await api.fetch(path, init)));
      expect(straight.status, path).toBeLessThan(500);
      expect(straight.headers["cache-control"], path).toBe("no-store");
    }
  });

  test("signs in, with the cookie of the new session", async () => {
    await api.signUp("ada");
    const signIn = post({ username: "ada", password });
    const answers = [
      await overNode("/api/trpc/auth.issueToken", signIn),
      await api.fetch("/api/trpc/auth.issueToken", signIn),
    ];
    for (const answer of answers) {
      const { result } = await answer.json();
      expect(answer.headers.getSetCookie()).toEqual([
        expect.stringMatching(
          new RegExp(`^__Secure-signet_refresh_${result.data.sessionId}=.*; HttpOnly;.*SameSite=Strict`, "i"),
        ),
        expect.stringMatching(
          /^__Secure-signet_device_.*; Path=\/api\/trpc\/auth\.issueToken; HttpOnly;.*SameSite=Strict/i,
        ),
      ]);
      const listed = await overNode("/api/trpc/auth.listSessions", { headers: api.bearer(result.data.accessToken) });
      expect((await listed.json()).result.data).toContainEqual(
        expect.objectContaining({ address: peer.address, current: true }),
      );
    }
  });

  test("leaves to the Fetch handler what is not in order: no JSON, no length, too long, another method", async () => {
    const path = "/api/trpc/auth.issueToken";
    const endless = new ReadableStream({
      start: (controller) => (controller.enqueue(new TextEncoder().encode("{}")), controller.close()),
    });
    const refused: RequestInit[] = [
      { method: "POST", body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } },
      { method: "POST", body: "{}", headers: { "content-type": "text/plain" } },
      { ...post({}), body: endless, duplex: "half" } as RequestInit,
      post({ username: "x".repeat(65_536) }),
      { method: "PUT", body: "{}", headers: { "content-type": "application/json" } },
      { method: "OPTIONS" },
    ];
    for (const init of refused) expect((await overNode(path, init)).status).toBe(599);
    expect((await overNode("/api/protected")).status).toBe(599);
  });

  test("verifies a token once per request, and not at all where nobody asks (counted)", async () => {
    const { accessToken } = await api.signUp("ada");
    let verified = 0;
    const counting = await createTestApi({
      verifier: {
        verify: (token) => {
          verified += 1;
          return api.services.verifier.verify(token);
        },
      },
    });
    const counted = await serverOf(counting);
    const batch = Array.from({ length: 10 }, () => "auth.whoami").join(",");
    const answer = await overNode(`/api/trpc/${batch}?batch=1`, { headers: api.bearer(accessToken) }, counted);
    expect(await answer.json()).toHaveLength(10);
    expect(verified).toBe(1);
    await overNode("/api/trpc/auth.refresh", post({ refreshToken: "made up" }, api.bearer(accessToken)), counted);
    expect(verified).toBe(1);
    counted.close();
  });

  test("what nobody foresaw is logged, and answered with an id and no word of it", async () => {
    const broken = await createTestApi({ verifier: { verify: () => Promise.reject(new Error("secret inside")) } });
    const started = await serverOf(broken);
    const answer = await told(await overNode("/api/trpc/auth.whoami", { headers: api.bearer("x.y.z") }, started));
    started.close();
    expect(answer).toMatchObject({
      status: 500,
      body: expect.stringMatching(/"reason":"internal_error".*"errorId":"/),
    });
    expect(answer.body).not.toContain("secret inside");
    expect(broken.log.join("")).toContain("secret inside");
  });

  test("what cannot be known now is 503, with the time to come again", async () => {
    const broken = await createTestApi({
      verifier: { verify: () => Promise.reject(new AuthError("keys_unavailable", "Not now.")) },
    });
    const started = await serverOf(broken);
    const answer = await overNode("/api/trpc/auth.whoami", { headers: api.bearer("x.y.z") }, started);
    started.close();
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "2"]);
  });
});
