// The FastAPI service of docs/fastapi.md beside a running Signet server.

import { createPublicKey, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { signUp } from "../apps/web/test/requests.ts";
import { freePort, type RunningServer, startServer } from "../apps/web/test/running-server.ts";
import { type RunningVerifier, startVerifier } from "./running-verifier.ts";
import { newPrivateKey, partsOf, signed } from "./tokens.ts";
import { verifiers } from "./verifiers.ts";

const fastapi = verifiers.find(({ name }) => name.includes("FastAPI"));
if (fastapi === undefined) throw new TypeError("no FastAPI service among the verifiers");

test("the page in the docs shows the service that is tested here", async () => {
  const page = await readFile(new URL("../docs/fastapi.md", import.meta.url), "utf8");
  const service = await readFile(new URL("./programs/fastapi_service.py", import.meta.url), "utf8");
  expect(page).toContain(`\`\`\`python title="service.py"\n${service}\`\`\`\n`);
});

// What is skipped is said in interop.test.ts.
describe.skipIf(fastapi.version === undefined)("a FastAPI service", () => {
  const secret = randomBytes(32).toString("base64url");
  let folder: string;
  let serverSettings: Record<string, string>;
  let server: RunningServer;
  let service: RunningVerifier;

  const keysFile = () => join(folder, "keys.json");
  const key = () => ({ ...newPrivateKey("ES256").export({ format: "jwk" }), alg: "ES256" });
  const keys = [key()];
  const writeKeys = () => writeFile(keysFile(), JSON.stringify({ keys }), { mode: 0o600 });
  const serviceOf = (issuer: string) =>
    startVerifier(fastapi, {
      ISSUER: issuer,
      AUDIENCE: issuer,
      JWKS_URL: `${issuer}/.well-known/jwks.json`,
      ALGORITHM: "ES256",
      CLIENT_ID: "reports",
      CLIENT_SECRET: secret,
      JWKS_COOLDOWN_SECONDS: "0.2",
    });
  const readiness = async () => (await fetch(`${service.url}/readyz`)).status;
  const answerTo = (accessToken: string) =>
    fetch(`${service.url}/protected`, { headers: { authorization: `Bearer ${accessToken}` } });
  const statusFor = async (accessToken: string) => (await answerTo(accessToken)).status;
  const signOut = (accessToken: string) =>
    fetch(`${server.url}/auth/sign-out`, { method: "POST", headers: { authorization: `Bearer ${accessToken}` } });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "signet fastapi "));
    await writeKeys();
    serverSettings = {
      PORT: String(await freePort()),
      AUTH_KEYS_FILE: keysFile(),
      RESOURCE_SERVER_CLIENTS: `reports:${secret}`,
    };
    server = await startServer(join(folder, "data"), serverSettings);
    service = await serviceOf(server.url);
    await vi.waitUntil(async () => (await readiness()) === 200, { timeout: 10_000 });
  });
  afterAll(async () => {
    await service.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("knows a person by the access token alone, and asks everybody else for one", async () => {
    const { accessToken, username } = await signUp(server.url);
    expect(await (await answerTo(accessToken)).json()).toEqual({
      hello: username,
      claims: partsOf(accessToken).claims,
    });
    const stranger = await fetch(`${service.url}/protected`);
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get("www-authenticate")).toBe("Bearer");
    expect(await stranger.json()).toEqual({ detail: "Could not validate credentials" });
  });

  test("refuses within a second a token whose session was ended in Signet, and no other (REF-13)", async () => {
    const [ended, other] = [await signUp(server.url), await signUp(server.url)];
    expect(await statusFor(ended.accessToken)).toBe(200);
    expect((await signOut(ended.accessToken)).status).toBe(204);
    await expect.poll(() => statusFor(ended.accessToken), { timeout: 1_000, interval: 20 }).toBe(401);
    expect(await statusFor(other.accessToken)).toBe(200);
  });

  test("refuses within a second a token that another service revoked", async () => {
    const { accessToken } = await signUp(server.url);
    expect(await statusFor(accessToken)).toBe(200);
    await fetch(`${server.url}/auth/revoke`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`reports:${secret}`).toString("base64")}` },
      body: new URLSearchParams({ token: accessToken }),
    });
    await expect.poll(() => statusFor(accessToken), { timeout: 1_000, interval: 20 }).toBe(401);
  });

  test("takes tokens of a new key, and still those of the old one, without a restart", async () => {
    const { accessToken } = await signUp(server.url);
    const kidOf = (token: string) => partsOf(token).header["kid"];
    keys.unshift(key());
    await writeKeys();
    let newer = accessToken;
    await expect
      .poll(async () => kidOf((newer = (await signUp(server.url)).accessToken)), { timeout: 15_000, interval: 500 })
      .not.toBe(kidOf(accessToken));
    expect(await statusFor(newer)).toBe(200);
    expect(await statusFor(accessToken)).toBe(200);
  });

  test("goes on while the issuer is away, and hears of what ends after it came back", async () => {
    const [one, other] = [await signUp(server.url), await signUp(server.url)];
    expect(await statusFor(one.accessToken)).toBe(200);
    await server.stop();
    expect(await statusFor(one.accessToken)).toBe(200);
    server = await startServer(join(folder, "data"), serverSettings);
    await signOut(one.accessToken);
    await expect.poll(() => statusFor(one.accessToken), { timeout: 5_000, interval: 50 }).toBe(401);
    expect(await statusFor(other.accessToken)).toBe(200);
  }, 60_000);

  test("that never had keys says that it cannot know, not that the token is bad (RS-03)", async () => {
    const { accessToken } = await signUp(server.url);
    const alone = await serviceOf(`http://localhost:${await freePort()}`);
    try {
      const headers = { authorization: `Bearer ${accessToken}` };
      expect((await fetch(`${alone.url}/protected`, { headers })).status).toBe(503);
      expect((await fetch(`${alone.url}/readyz`)).status).toBe(503);
    } finally {
      await alone.stop();
    }
  });

  test("reads the list from the beginning when the issuer came back from a backup, and forgets nothing", async () => {
    const signingKey = newPrivateKey("ES256");
    const publicKey = { ...createPublicKey(signingKey).export({ format: "jwk" }), kid: "one" };
    const seen: string[] = [];
    const entry = (id: string, seq: number) => ({
      seq,
      kind: "session",
      id,
      expires_at: Math.floor(Date.now() / 1000) + 900,
    });
    const pages: Record<string, object> = {
      "first 0": { epoch: "first", entries: [entry("before", 7)], next: 7, more: false },
      "second 7": { epoch: "second", entries: [], next: 7, more: false },
      "second 0": { epoch: "second", entries: [entry("after", 1)], next: 1, more: false },
    };
    const issuer = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://issuer");
      if (pathname.endsWith("jwks.json")) return void response.end(JSON.stringify({ keys: [publicKey] }));
      seen.push(searchParams.get("after") ?? "");
      const page = pages[`${seen.length === 1 ? "first" : "second"} ${seen.at(-1)}`];
      // What is not in the list above is held.
      if (page !== undefined) response.end(JSON.stringify(page));
    }).listen(0, "localhost");
    await once(issuer, "listening");
    const { port } = issuer.address() as AddressInfo;
    const url = `http://localhost:${port}`;
    const restored = await serviceOf(url);
    try {
      await expect.poll(() => seen, { timeout: 5_000 }).toEqual(["0", "7", "0", "1"]);
      const times = { iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 300 };
      const tokenOf = (sid: string) =>
        signed(
          { alg: "ES256", typ: "at+jwt", kid: "one" },
          { iss: url, aud: url, sub: "ada", preferred_username: "ada", sid, ...times },
          signingKey,
        );
      expect(await restored.subjectOf(tokenOf("before"))).toBeUndefined();
      expect(await restored.subjectOf(tokenOf("after"))).toBeUndefined();
      expect(await restored.subjectOf(tokenOf("another"))).toBe("ada");
    } finally {
      await restored.stop();
      issuer.closeAllConnections();
      issuer.close();
    }
  });
});
