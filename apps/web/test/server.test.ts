import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppRouter } from "@signet/api";
import { createAuthClient } from "@signet/client";
import { authLink } from "@signet/client/trpc";
import { createTRPCClient } from "@trpc/client";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { password, signUp, startLimitMs, whoIs } from "./requests.ts";
import { type RunningServer, startServer } from "./running-server.ts";

let dataDir: string;
let server: RunningServer;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  server = await startServer(dataDir);
}, startLimitMs);

afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}, startLimitMs);

/** What a client that writes its own bytes gets back. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(text);
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString()));
  await once(socket, "close");
  return answer;
}

describe("the running server", () => {
  test("signs up, signs in by Basic, and knows the bearer from the token alone", async () => {
    const { username } = await signUp(server.url);
    const issued = await fetch(`${server.url}/auth/issue-new-token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
    });
    expect(issued.status).toBe(200);
    const answer = await whoIs(server.url, (await issued.json()).access_token);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      claims: { iss: server.url, aud: server.url, preferred_username: username },
    });
  });

  test("refuses two Authorization lines, of which Node would keep the first without a word (HTTP-05, HTTP-08)", async () => {
    const { accessToken } = await signUp(server.url);
    const line = `Authorization: Bearer ${accessToken}\r\n`;
    const request = (lines: string) =>
      `GET /api/protected HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines}\r\n`;
    expect(await raw(server.port, request(line))).toMatch(/^HTTP\/1\.1 200 /);
    const refused = await raw(server.port, request(line + line));
    expect(refused).toMatch(/^HTTP\/1\.1 400 /);
    expect(refused).toContain('"reason":"token_malformed"');
  });

  test.each([
    [
      "an absolute target",
      "GET http://evil.example/api/protected HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ],
    [
      "two lengths",
      "POST /api/trpc/auth.signUp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    ],
    [
      "a length and chunks",
      "POST /api/trpc/auth.signUp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
  ])("answers %s with 400", async (_name, request) => {
    expect(await raw(server.port, request)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test.each(["", "Host: a b\r\n", "Host: x@y\r\n", "Host: evil.example:99999\r\n"])(
    "answers whoever asks with %j for a host, and believes none of it",
    async (host) => {
      const answer = await raw(server.port, `GET /readyz HTTP/1.0\r\n${host}\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  test.each(["TRACE", "PUT", "DELETE", "POST"])("%s makes nothing of a page: 405", async (method) => {
    const answer = await raw(
      server.port,
      `${method} /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 405 /);
  });

  test.each(["/icon.svgx", "/_next/imagefoo", "/_next/staticx"])(
    "%s has the policy of a page (WEB-09)",
    async (path) => {
      const answer = await fetch(`${server.url}${path}`);
      expect(answer.headers.get("content-security-policy")).toContain("script-src 'nonce-");
    },
  );

  test("a page of ours may ask sixty questions at once", async () => {
    const { username } = await signUp(server.url);
    const auth = createAuthClient({ baseUrl: server.url });
    const trpc = createTRPCClient<AppRouter>({ links: [authLink({ client: auth })] });
    await auth.signIn({ username, password });
    const answers = await Promise.all(Array.from({ length: 60 }, () => trpc.auth.whoami.query()));
    expect(answers.map((answer) => answer.username)).toEqual(Array.from({ length: 60 }, () => username));
  });

  test("cuts off headers over 16 KiB: 431 (SRV-04)", async () => {
    const answer = await raw(
      server.port,
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"x".repeat(17_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("sends security headers with pages and with the API (WEB-09, WEB-10)", async () => {
    const [page, api] = await Promise.all([fetch(server.url), fetch(`${server.url}/api/protected`)]);
    for (const answer of [page, api]) {
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
      expect(answer.headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(answer.headers.get("x-powered-by")).toBeNull();
    }
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/script-src 'nonce-[A-Za-z0-9+/]+=*' 'strict-dynamic'/);
    expect(policy).toMatch(/object-src 'none'/);
    expect(policy).toMatch(/base-uri 'none'/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).not.toContain("unsafe");
  });

  test("gives every page a nonce of its own", async () => {
    const nonces = await Promise.all(
      [1, 2, 3].map(
        async () => /'nonce-([^']+)'/.exec((await fetch(server.url)).headers.get("content-security-policy") ?? "")?.[1],
      ),
    );
    expect(new Set(nonces).size).toBe(3);
  });

  test("no header skips the policy or names another host (SRV-02)", async () => {
    for (const headers of [
      { "x-middleware-subrequest": "src/proxy:src/proxy" },
      { "x-forwarded-host": "evil.example", "x-forwarded-for": "203.0.113.9" },
      { rsc: "1" },
      { rsc: "1", "next-router-prefetch": "1" },
    ] as Record<string, string>[]) {
      const answer = await fetch(server.url, { headers });
      expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(await answer.text()).not.toContain("evil.example");
    }
  });

  test("believes no X-Forwarded-For: sessions remember the socket's address (PWD-07)", async () => {
    await fetch(`${server.url}/auth/issue-new-token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("nobody:at all, not at all")}`, "x-forwarded-for": "203.0.113.9" },
    });
    expect(server.output()).toContain('"address":"127.0.0.1"');
    expect(server.output()).not.toContain("203.0.113.9");
  });

  test.each(["/", "/sign-in", "/sign-up", "/account", "/nowhere"])(
    "the page %s is the same for everybody: no token, no name in it, and nobody stores it (WEB-14)",
    async (path) => {
      const { accessToken, username } = await signUp(server.url);
      const answer = await fetch(`${server.url}${path}?token=${accessToken}&kept=1`, {
        headers: { authorization: `Bearer ${accessToken}` },
      });
      expect(answer.headers.get("cache-control")).toContain("no-store");
      const html = await answer.text();
      expect(html).not.toContain("eyJ");
      expect(html).not.toContain(username);
    },
  );

  test(
    "no request ends the process, whatever it is made of (SRV-06)",
    async () => {
      const text = fc.string({ unit: "grapheme", maxLength: 40 }).map((part) => encodeURIComponent(part));
      const path = fc.tuple(
        fc.constantFrom(
          "/api/trpc/auth.whoami",
          "/api/trpc/auth.signUp",
          "/api/",
          "/auth/issue-new-token",
          "/.well-known/",
          "/",
          "/account",
        ),
        fc.constantFrom("", "/", "?", "?batch=1&input=", "?input=", ",", "%00", "..%2f"),
        text,
      );
      const requests = fc.record({
        path: path.map((parts) => parts.join("")),
        method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"),
        headers: fc.dictionary(
          fc.constantFrom(
            "authorization",
            "content-type",
            "cookie",
            "if-none-match",
            "accept",
            "trpc-accept",
            "x-forwarded-for",
            "next-action",
          ),
          fc.oneof(fc.constantFrom("application/json", "Bearer a.b.c", "Basic AA==", "application/jsonl"), text),
        ),
        body: fc.oneof(fc.json(), text),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(requests, { minLength: 20, maxLength: 20 }), async (batch) => {
          const statuses = await Promise.all(
            batch.map(async ({ method, body, headers, path: target }) => {
              const withBody = method === "GET" || method === "HEAD" ? {} : { body };
              return (await fetch(server.url + target, { method, headers, redirect: "manual", ...withBody })).status;
            }),
          );
          expect(statuses.filter((status) => status >= 500)).toEqual([]);
        }),
        { numRuns: 40 },
      );
      expect(server.process.exitCode).toBeNull();
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    },
    startLimitMs,
  );

  test("keeps its secret to itself: folder and file are readable by their owner alone", async () => {
    expect((await stat(dataDir)).mode & 0o077).toBe(0);
    expect((await stat(join(dataDir, "auth-secret"))).mode & 0o777).toBe(0o600);
  });
});
