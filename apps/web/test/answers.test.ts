// What each answer of the built server tells browsers and caches, whatever was asked. The server stands, as it should, behind
// something that speaks https.

import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, password, signUp, startLimitMs } from "./requests.ts";
import { type RunningServer, startServer } from "./running-server.ts";

let dataDir: string;
let server: RunningServer;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  server = await startServer(dataDir, { APP_URL: "https://signet.example" });
}, startLimitMs);

afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}, startLimitMs);

const json = { "content-type": "application/json" };

/** Scripts and styles by nonce alone, and nothing that is not ours; no `unsafe-` anything. */
const pagePolicy =
  /^default-src 'none'; script-src 'nonce-([A-Za-z0-9+/]{22}==)' 'strict-dynamic'; style-src 'self' 'nonce-\1'; connect-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'$/;
const answerPolicy = /^default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/;

const page = { policy: pagePolicy, resource: "same-origin", cache: /\bno-store\b/ };
const answer = { policy: answerPolicy, resource: "same-origin", cache: /^no-store$/ };
const open = { policy: answerPolicy, resource: "cross-origin", cache: /^public, max-age=300$/ };
const file = { policy: answerPolicy, resource: "same-origin", cache: /^public, max-age=/ };
const nothing = { ...answer, cache: /\bno-store\b/ };
/** It depends on the address alone. */
const redirect = { ...answer, cache: /^$/ };

type Row = readonly [method: string, path: string, status: number, kind: typeof page];

const table: Row[] = [
  ...["/", "/sign-in", "/sign-up", "/account", "/notes"].map((path): Row => ["GET", path, 200, page]),
  ...["/nowhere", "/_not-found", "/404", "/api%2Fprotected", "/%61pi/protected", "/API/protected", "/%6detrics"].map(
    (path): Row => ["GET", path, 404, page],
  ),
  ["GET", "/_global-error", 500, page],
  ["HEAD", "/account", 200, page],
  ["POST", "/sign-in", 405, answer],
  ["GET", "/account/", 308, redirect],
  ["GET", "//evil.example/", 308, redirect],
  ["GET", "/icon.svg", 200, file],
  ["GET", "/_next/static/nothing.js", 404, nothing],
  ["GET", "/_next/image?url=%2Ficon.svg&w=64&q=75", 404, page],
  ["GET", "http://evil.example/", 400, answer],
  ["GET", "/.well-known/jwks.json", 200, open],
  ["HEAD", "/.well-known/jwks.json", 200, open],
  ["GET", "/.well-known/oauth-authorization-server", 200, open],
  ["GET", "/.well-known/nothing", 404, answer],
  ["GET", "/api/protected", 401, answer],
  ["GET", "/api/nothing", 404, answer],
  ["GET", "/api/trpc/auth.whoami", 401, answer],
  ["GET", "/api/trpc/nothing", 404, answer],
  ["GET", "/api/trpc/auth.signOut", 405, answer],
  ["POST", "/api/trpc/auth.issueToken", 400, answer],
  ["POST", "/auth/issue-new-token", 401, answer],
  ["GET", "/auth/issue-new-token", 405, answer],
  ["POST", "/auth/refresh", 400, answer],
  ["POST", "/auth/sign-out", 204, answer],
  ["GET", "/auth/session", 401, answer],
  ["POST", "/auth/introspect", 401, answer],
  ["POST", "/auth/revoke", 401, answer],
  ["GET", "/auth/revocations", 401, answer],
  ["OPTIONS", "/auth/refresh", 405, answer],
  ["GET", "/healthz", 200, answer],
  ["GET", "/readyz", 200, answer],
  ["GET", "/metrics", 200, { ...answer, cache: /^no-store$/ }],
];

describe("the headers of every answer (WEB-09, WEB-10)", () => {
  test.each(table)("%s %s: %i", async (method, path, status, kind) => {
    const got = await ask(server.url, path, { method, headers: method === "POST" ? json : {} });
    expect(got.status).toBe(status);
    expect(got.headers["content-security-policy"]).toMatch(kind.policy);
    expect(got.headers["cross-origin-resource-policy"]).toBe(kind.resource);
    expect(got.headers["cache-control"] ?? "").toMatch(kind.cache);
    expect(got.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "cross-origin-opener-policy": "same-origin",
      "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
      "strict-transport-security": "max-age=63072000; includeSubDomains",
    });
    expect(got.headers).not.toHaveProperty("x-powered-by");
    expect(got.headers).not.toHaveProperty("server");
  });

  test("every file that browsers load has them as well, and may be kept for ever", async () => {
    const folder = fileURLToPath(new URL("../.next/static", import.meta.url));
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = files
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length));
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) {
      const got = await ask(server.url, `/_next/static${path}`);
      expect([path, got.status, got.headers["cache-control"]]).toEqual([
        path,
        200,
        "public, max-age=31536000, immutable",
      ]);
      expect(got.headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "content-security-policy": expect.stringMatching(answerPolicy),
      });
    }
  });

  test.each(["/", "/api/trpc/auth.whoami", "/auth/session", "/_next/webpack-hmr"])(
    "a WebSocket to %s is cut off without a word",
    async (path) => {
      const socket = connect(server.port, "127.0.0.1");
      let said = "";
      socket.on("data", (chunk) => (said += chunk.toString()));
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
      );
      await once(socket, "close");
      expect(said).toBe("");
    },
  );
});

describe("who is sent to another address is sent to one of ours", () => {
  test.each([
    "//evil.example/",
    "///evil.example//",
    "/\\evil.example/",
    "/\\\\evil.example",
    "/%5Cevil.example/",
    "/%2Fevil.example/",
    "/%2F%2Fevil.example/",
    "/%252F%252Fevil.example/",
    "/.//evil.example/",
    "/..//evil.example/",
    "/%09/evil.example/",
    "/%0d%0aLocation:%20https://evil.example/",
    "/;//evil.example/",
    "/http:%2F%2Fevil.example/",
    "/account//evil.example/..//",
  ])("%s", async (path) => {
    const got = await ask(server.url, path);
    expect(got.status).toBe(308);
    const { location = "" } = got.headers;
    expect(location).toMatch(/^\/(?![/\\])/);
    expect(new URL(location, "https://signet.example").origin).toBe("https://signet.example");
  });

  test("and a token in the address does not come along", async () => {
    const { accessToken } = await signUp(server.url);
    const got = await ask(server.url, `/account/?token=${accessToken}&kept=1`);
    expect(got.headers.location).toBe("/account?kept=1");
  });
});

describe("what a cache could be talked into keeping (WEB-14)", () => {
  const personal = [
    "/api/protected",
    "/api/trpc/auth.whoami",
    "/_next/static/../../api/protected",
    "/x.css/../api/protected",
  ];
  const disguised = ["/api/protected", "/api/trpc/auth.whoami", "/auth/session", "/account", "/notes", "/"].flatMap(
    (path) =>
      [
        "/x.css",
        ".css",
        ";.js",
        "%2Fx.css",
        "%2F..%2Fx.css",
        "%00.js",
        "%0a.js",
        "%23x.css",
        "%3Fx.css",
        "?x.css",
        "/..%2fx.js",
      ].map((suffix) => path + suffix),
  );
  const variants: Record<string, string>[] = [
    {},
    { rsc: "1" },
    { rsc: "1", "next-router-prefetch": "1" },
    { rsc: "1", "next-router-prefetch": "1", "next-router-segment-prefetch": "/_tree" },
    { "x-nextjs-data": "1" },
    { "x-middleware-prefetch": "1", purpose: "prefetch" },
  ];

  test.each(personal)("%s answers whoever it is about, and nobody keeps that", async (path) => {
    const { accessToken, username } = await signUp(server.url);
    const got = await ask(server.url, path, { headers: { authorization: `Bearer ${accessToken}` } });
    expect(got.body).toContain(username);
    expect(got.headers["cache-control"]).toBe("no-store");
  });

  test("whatever is hung on an address, and however a page is asked for: nobody keeps the answer, and no page knows who asks", async () => {
    const { username, accessToken, cookie } = await signInWithCookie();
    const faults: string[] = [];
    for (const path of [...disguised, "/account", "/notes", "/nowhere.css"]) {
      for (const variant of variants) {
        const headers = { ...variant, cookie, authorization: `Bearer ${accessToken}` };
        const got = await ask(server.url, path, { headers });
        const { location, "cache-control": cache = "" } = got.headers;
        const kept = location === undefined && !/\bno-store\b/.test(cache);
        const told = [accessToken, ...(path.startsWith("/api/") ? [] : [username])].filter((text) =>
          `${location}\n${got.body}`.includes(text),
        );
        if (kept || told.length > 0) faults.push(`${path} ${JSON.stringify(variant)}: ${got.status} ${cache} ${told}`);
      }
    }
    expect(faults).toEqual([]);
  });

  test("no answer that sets a cookie is kept", async () => {
    const { cookie, answers } = await signInWithCookie();
    answers.push(await ask(server.url, "/auth/refresh", { method: "POST", headers: { ...json, cookie }, body: "{}" }));
    answers.push(await ask(server.url, "/auth/sign-out", { method: "POST", headers: { ...json, cookie }, body: "{}" }));
    for (const { headers } of answers) {
      expect(headers["set-cookie"]?.length).toBeGreaterThan(0);
      expect(headers["cache-control"]).toBe("no-store");
    }
  });

  test("what may be kept is the same for everybody", async () => {
    const { cookie, accessToken } = await signInWithCookie();
    for (const path of ["/icon.svg", "/.well-known/jwks.json", "/.well-known/oauth-authorization-server"]) {
      const known = await ask(server.url, path, { headers: { cookie, authorization: `Bearer ${accessToken}` } });
      expect(known.body).toBe((await ask(server.url, path)).body);
      expect(known.headers).not.toHaveProperty("set-cookie");
    }
  });

  async function signInWithCookie() {
    const { username } = await signUp(server.url);
    const signedIn = await ask(server.url, "/api/trpc/auth.issueToken", {
      method: "POST",
      headers: json,
      body: JSON.stringify({ username, password }),
    });
    const [cookie = ""] = (signedIn.headers["set-cookie"]?.[0] ?? "").split(";");
    const accessToken = String(JSON.parse(signedIn.body).result.data.accessToken);
    return { username, accessToken, cookie, answers: [signedIn] };
  }
});
