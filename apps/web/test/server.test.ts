import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AppRouter } from "@signet/api";
import { createAuthClient } from "@signet/client";
import { authLink } from "@signet/client/trpc";
import { createTRPCClient } from "@trpc/client";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  freePort,
  launchServer,
  type RunningServer,
  startAndFail,
  startServer,
  withDataDir,
} from "./running-server.ts";

const password = "correct horse battery staple";
const startLimitMs = 60_000;

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

async function signUp(url: string, username = `user-${randomBytes(4).toString("hex")}`) {
  const answer = await fetch(`${url}/api/trpc/auth.signUp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  const body = await answer.json();
  return { username, accessToken: String(body.result?.data.accessToken), status: answer.status };
}

const whoIs = (url: string, accessToken: string) =>
  fetch(`${url}/api/protected`, { headers: { authorization: `Bearer ${accessToken}` } });

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

  test("what browsers download holds no secret and no server code (WEB-15, KEY-20)", async () => {
    const folder = fileURLToPath(new URL("../.next/static", import.meta.url));
    const files = (await readdir(folder, { recursive: true })).filter((name) => /\.(js|css|json)$/.test(name));
    expect(files.length).toBeGreaterThan(3);
    const secret = (await readFile(join(dataDir, "auth-secret"), "utf8")).trim();
    for (const file of files) {
      const text = await readFile(join(folder, file), "utf8");
      expect(text, file).not.toMatch(/AUTH_SECRET|DATABASE_URL|AUTH_HS256_SECRET|signet\/1\/sign|argon2|PrismaClient/);
      expect(text.includes(secret), file).toBe(false);
    }
  });

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

  test.each(["/.env", "/.git/config", "/package.json", "/_next/static/../../../package.json", "/src/env.ts"])(
    "%s is not there",
    async (path) => {
      expect(await raw(server.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 404 /,
      );
    },
  );

  test("keeps its secret to itself: folder and file are readable by their owner alone", async () => {
    expect((await stat(dataDir)).mode & 0o077).toBe(0);
    expect((await stat(join(dataDir, "auth-secret"))).mode & 0o777).toBe(0o600);
  });
});

describe("start and stop", () => {
  test(
    "SIGTERM ends it with 0; after the restart the same people and the same tokens are known (SRV-05)",
    () =>
      withDataDir(async (folder) => {
        const port = String(await freePort());
        const first = await startServer(folder, { PORT: port });
        const { username, accessToken } = await signUp(first.url);
        expect(await first.stop("SIGTERM")).toBe(0);
        const second = await startServer(folder, { PORT: port });
        expect((await whoIs(second.url, accessToken)).status).toBe(200);
        expect((await signUp(second.url, username)).status).toBe(409);
        expect(await second.stop("SIGINT")).toBe(0);
      }),
    startLimitMs,
  );

  test(
    "kill -9 in the midst of sign-ups loses nobody who got an answer",
    () =>
      withDataDir(async (folder) => {
        const first = await startServer(folder);
        const acknowledged: string[] = [];
        const lane = async (number: number) => {
          for (let i = 0; i < 1000; i += 1) {
            const username = `p${number}-${i}`;
            const { status } = await signUp(first.url, username).catch(() => ({ status: 0 }));
            if (status !== 200) return;
            acknowledged.push(username);
          }
        };
        const lanes = [1, 2, 3, 4].map(lane);
        while (acknowledged.length < 40) await new Promise((resolve) => setTimeout(resolve, 5));
        await first.stop("SIGKILL");
        await Promise.all(lanes);

        const second = await startServer(folder);
        for (const username of acknowledged) expect((await signUp(second.url, username)).status, username).toBe(409);
        expect(await second.stop()).toBe(0);
      }),
    startLimitMs,
  );

  test("a port in use: one sentence that says what to do, and exit code 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const { code, output } = await startAndFail({ PORT: String(port) });
    other.close();
    expect(code).toBe(1);
    expect(output.trim()).toBe(
      `Signet did not start. Port ${port} is in use by another program. Stop it, or choose another port: PORT=${Number(port) + 1} npm start`,
    );
  });

  test.each([
    [
      { ACCESS_TOKEN_TTL_SECONDS: "5m" },
      'ACCESS_TOKEN_TTL_SECONDS must be a number of seconds from 1 to 900; found "5m".',
    ],
    [{ APP_URL: "http://signet.example" }, "APP_URL must be https outside localhost"],
    [
      { AUTH_ALGORITHM: "RS256", AUTH_KEYS_FILE: "/nowhere/keys.json" },
      "AUTH_KEYS_FILE must be the path of a private JWK Set",
    ],
    [{ AUTH_SECRET: "short" }, "AUTH_SECRET"],
    [{ AUTH_SECRET: "changeme".repeat(8) }, "AUTH_SECRET"],
    [{ AUTH_ALGORITHM: "HS256", AUTH_HS256_SECRET: "short" }, "AUTH_HS256_SECRET"],
    [{ DATA_DIR: import.meta.filename }, "Set DATA_DIR to a folder that this user may write to"],
    [
      { DATABASE_URL: "postgresql://u:canary#x@127.0.0.1/db", AUTH_SECRET: "x" },
      "DATABASE_URL must be a PostgreSQL address",
    ],
    [
      {
        AUTH_AUDIENCE: Array.from(
          { length: 40 },
          (_, i) => `https://a-rather-long-name-${i}.services.example/resource`,
        ).join(),
      },
      "Tokens would be too long",
    ],
  ] as [Record<string, string>, string][])(
    "a bad setting %j: one sentence, exit code 1, and nothing listens (KEY-04)",
    (settings, sentence) =>
      withDataDir(async (folder) => {
        const { code, output } = await startAndFail({ DATA_DIR: folder, PORT: String(await freePort()), ...settings });
        expect(code).toBe(1);
        expect(output).toContain(sentence);
        expect(output).not.toMatch(/\n\s+at |canary/);
      }),
    startLimitMs,
  );

  test("a Node.js that is too old: one sentence, and nothing is begun", () => {
    const pretend = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.4" } })';
    const start = fileURLToPath(new URL("../../../scripts/start.mjs", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, ["--import", `data:text/javascript,${pretend}`, start]);
    expect(status).toBe(1);
    expect(stderr.toString().trim()).toMatch(/^Signet needs Node\.js 20\.19 or newer; this is 18\.20\.4\./);
  });

  test(
    "a PostgreSQL that cannot be reached does not stop it: alive, not ready, and says so",
    async () => {
      const { url, stop } = await launchServer({
        DATABASE_URL: `postgresql://nobody@127.0.0.1:${await freePort()}/signet`,
        AUTH_SECRET: randomBytes(48).toString("base64url"),
      });
      const checks = async (): Promise<{ status: number; body: { checks?: { database?: string } } }> => {
        const answer = await fetch(`${url}/readyz`).catch(() => undefined);
        return answer === undefined ? { status: 0, body: {} } : { status: answer.status, body: await answer.json() };
      };
      let seen = await checks();
      while (seen.body.checks?.database === undefined) seen = await checks();
      expect(seen).toMatchObject({ status: 503, body: { ready: false, checks: { database: "unreachable" } } });
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      const refused = await whoIs(url, "e30.e30.AA");
      expect(refused.status).toBe(401);
      const signIn = await signUp(url);
      expect(signIn.status).toBe(503);
      expect(await stop()).toBe(0);
    },
    startLimitMs,
  );
});

describe("algorithms and secrets", () => {
  const algorithmOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).alg;
  const newSecret = () => randomBytes(48).toString("base64url");

  async function rsaKeysFile(folder: string): Promise<string> {
    // Its signatures alone are longer than most tokens.
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 4096 });
    const file = join(folder, "keys.json");
    await writeFile(file, JSON.stringify({ keys: [privateKey.export({ format: "jwk" })] }));
    return file;
  }

  test.each([
    ["ES256", 1, async () => ({})],
    ["Ed25519", 1, async () => ({})],
    ["RS256", 1, async (folder: string) => ({ AUTH_KEYS_FILE: await rsaKeysFile(folder) })],
    ["HS256", 0, async () => ({})],
    ["HS256", 0, async () => ({ AUTH_HS256_SECRET: newSecret() })],
  ] as [string, number, (folder: string) => Promise<Record<string, string>>][])(
    "%s as a setting signs and verifies, and publishes %d keys (KEY-22)",
    (algorithm, published, more) =>
      withDataDir(async (folder) => {
        const running = await startServer(folder, { AUTH_ALGORITHM: algorithm, ...(await more(folder)) });
        const { accessToken } = await signUp(running.url);
        expect(algorithmOf(accessToken)).toBe(algorithm);
        expect((await whoIs(running.url, accessToken)).status).toBe(200);
        const { keys } = await (await fetch(`${running.url}/.well-known/jwks.json`)).json();
        expect(keys).toHaveLength(published);
        expect(JSON.stringify(keys)).not.toMatch(/"(d|p|q|dp|dq|qi|oth|k)":/);
        expect(await running.stop()).toBe(0);
      }),
    startLimitMs,
  );

  test(
    "a changed AUTH_SECRET, and a changed algorithm, sign nobody out",
    () =>
      withDataDir(async (folder) => {
        const settings = { PORT: String(await freePort()), AUTH_SECRET: newSecret() };
        const first = await startServer(folder, settings);
        const { accessToken } = await signUp(first.url);
        await first.stop();
        const second = await startServer(folder, { ...settings, AUTH_SECRET: newSecret(), AUTH_ALGORITHM: "Ed25519" });
        expect((await whoIs(second.url, accessToken)).status).toBe(200);
        expect((await signUp(second.url)).status).toBe(200);
        await second.stop();
      }),
    startLimitMs,
  );

  test(
    "two servers that start for the first time at once agree on the key, and on one database",
    () =>
      withDataDir(async (folder) => {
        const shared = { APP_URL: "http://localhost:3000" };
        const [one, other] = await Promise.all([startServer(folder, shared), startServer(folder, shared)]);
        const { accessToken, username } = await signUp(one.url);
        expect((await whoIs(other.url, accessToken)).status).toBe(200);
        expect((await signUp(other.url, username)).status).toBe(409);
        const sets = await Promise.all(
          [one, other].map(async ({ url }) => (await fetch(`${url}/.well-known/jwks.json`)).text()),
        );
        expect(sets[0]).toBe(sets[1]);
        await Promise.all([one.stop(), other.stop()]);
      }),
    startLimitMs,
  );
});
