// What another service gets from a running server, over true HTTP: where things are, what was ended and how soon, and who may ask.

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAuthError } from "@signet/auth/errors";
import { createRemoteVerifier } from "@signet/auth/remote";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signUp, startLimitMs, whoIs } from "./requests.ts";
import { freePort, type RunningServer, startAndFail, startServer, withDataDir } from "./running-server.ts";

const secret = randomBytes(32).toString("base64");
const authorization = `Basic ${Buffer.from(`notes:${secret}`).toString("base64")}`;

let dataDir: string;
let server: RunningServer;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  server = await startServer(dataDir, { RESOURCE_SERVER_CLIENTS: `notes:${secret}` });
}, startLimitMs);
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}, startLimitMs);

/** How many requests to the feed one client may have waiting (docs/operate.md). */
const heldAtOnce = 64;

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${server.url}${path}`, { ...init, headers: { authorization, ...init.headers } });
const sendToken = (path: string, token: string) => ask(path, { method: "POST", body: new URLSearchParams({ token }) });
const page = async (query: string, init?: RequestInit) => (await ask(`/auth/revocations?${query}`, init)).json();

describe("another service", () => {
  test("finds everything from the issuer's address alone (HTTP-15)", async () => {
    const answer = await fetch(`${server.url}/.well-known/oauth-authorization-server`);
    const metadata: Record<string, string> = await answer.json();
    expect(metadata["issuer"]).toBe(server.url);
    expect((await fetch(metadata["jwks_uri"] ?? "")).status).toBe(200);
    const feed = metadata["revocations_endpoint"] ?? "";
    expect((await fetch(feed, { headers: { authorization } })).status).toBe(200);
    expect((await fetch(feed)).status).toBe(401);
  });

  test("hears of a sign-out within a second of it, in a request that was held (REF-13)", async () => {
    const { accessToken } = await signUp(server.url);
    const { next } = await page("after=0");
    const held = page(`after=${next}&wait=25`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const endedAt = performance.now();
    const signOut = await fetch(`${server.url}/auth/sign-out`, {
      method: "POST",
      headers: { authorization: `Bearer ${accessToken}` },
    });
    expect(signOut.status).toBe(204);
    const { entries } = await held;
    expect(performance.now() - endedAt).toBeLessThan(1_000);
    expect(entries).toMatchObject([{ seq: next + 1, kind: "session" }]);
  });

  test("asks whether a token is good, and ends it: at once here, and in the feed for everybody else", async () => {
    const { accessToken, username } = await signUp(server.url);
    expect(await (await sendToken("/auth/introspect", accessToken)).json()).toMatchObject({
      active: true,
      iss: server.url,
      username,
    });
    expect((await whoIs(server.url, accessToken)).status).toBe(200);
    const { next } = await page("after=0");
    expect((await sendToken("/auth/revoke", accessToken)).status).toBe(200);
    expect(await (await sendToken("/auth/introspect", accessToken)).json()).toEqual({ active: false });
    await expect.poll(async () => (await whoIs(server.url, accessToken)).status, { timeout: 1_000 }).toBe(401);
    expect(await page(`after=${next}`)).toMatchObject({ entries: [{ kind: "token" }], next: next + 1 });
  });

  test("that verifies by itself refuses within a second what was ended or revoked here (REF-13)", async () => {
    const verifier = createRemoteVerifier({ issuer: server.url, client: { id: "notes", secret } });
    verifier.start();
    await expect.poll(() => verifier.status().ready, { timeout: 10_000 }).toBe(true);
    const verdict = async (token: string) => {
      try {
        return (await verifier.verify(token)).preferred_username;
      } catch (error) {
        return isAuthError(error) ? error.reason : error;
      }
    };
    const [ada, bob] = [await signUp(server.url), await signUp(server.url)];
    expect(await verdict(ada.accessToken)).toBe(ada.username);
    expect(await verdict(bob.accessToken)).toBe(bob.username);
    const bearer = { authorization: `Bearer ${ada.accessToken}` };
    await fetch(`${server.url}/auth/sign-out`, { method: "POST", headers: bearer });
    await expect.poll(() => verdict(ada.accessToken), { timeout: 1_000, interval: 20 }).toBe("token_revoked");
    await sendToken("/auth/revoke", bob.accessToken);
    await expect.poll(() => verdict(bob.accessToken), { timeout: 1_000, interval: 20 }).toBe("token_revoked");
    await verifier.stop();
  });

  test("that hangs up leaves its place to the next one", async () => {
    const { next } = await page("after=0");
    const tooMany = Array.from({ length: heldAtOnce + 1 }, () => new AbortController());
    const answers = tooMany.map(({ signal }) => ask(`/auth/revocations?after=${next}&wait=25`, { signal }));
    const settled = Promise.allSettled(answers);
    expect((await Promise.race(answers)).status).toBe(503);
    for (const caller of tooMany) caller.abort();
    await settled;
    await expect
      .poll(async () => (await ask(`/auth/revocations?after=${next}&wait=1`)).status, { timeout: 10_000 })
      .toBe(200);
  });
});

describe("GET /metrics", () => {
  /** As `fetch`, which would not send some of these headers. */
  const statusOf = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request(`${server.url}/metrics`, { headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on("error", reject).end();
    });

  test("answers on this machine, and not what has passed a proxy", async () => {
    const answer = await fetch(`${server.url}/metrics`);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toMatch(/^signet_revocations_age_seconds \d/m);
    expect(text).toMatch(/^signet_database_connections\{state="open"\} [1-9]/m);
    for (const name of ["x-forwarded-for", "forwarded", "via", "x-real-ip"]) {
      expect(await statusOf({ [name]: "127.0.0.1" })).toBe(404);
    }
    expect(await statusOf({ "x-forwarded-for": "192.0.2.1", authorization })).toBe(200);
  });
});

test(
  "a placeholder is no secret of a client: one sentence with the id, without the secret (KEY-04)",
  () =>
    withDataDir(async (folder) => {
      const placeholder = "please-change-this-secret-".repeat(3);
      const { code, output } = await startAndFail({
        DATA_DIR: folder,
        PORT: String(await freePort()),
        RESOURCE_SERVER_CLIENTS: `notes:${secret},mail:${placeholder}`,
      });
      expect(code).toBe(1);
      expect(output).toContain('RESOURCE_SERVER_CLIENTS of "mail": The secret looks like a placeholder.');
      for (const text of [secret, placeholder]) expect(output).not.toContain(text);
    }),
  startLimitMs,
);

// The last one: it ends the server of the others.
test(
  "a server that stops answers those who wait at once (SRV-05)",
  async () => {
    const { next } = await page("after=0");
    const held = page(`after=${next}&wait=25`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const stoppedAt = performance.now();
    const code = server.stop();
    expect(await held).toMatchObject({ entries: [], next, more: false });
    expect(performance.now() - stoppedAt).toBeLessThan(5_000);
    expect(await code).toBe(0);
  },
  startLimitMs,
);
