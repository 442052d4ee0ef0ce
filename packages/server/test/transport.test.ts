// Behind a proxy that says http: what is secret is refused and not looked at, who reads a page is sent to https. Over real HTTP, each
// beside the same request by https (WEB-10, RFC 6797 §7.2).

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { Writable } from "node:stream";
import type { Api } from "@signet/api";
import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { createHttpServer, type HttpServer } from "../src/http-server.ts";
import { parseSettings } from "../src/settings.ts";
import { warnOfOpenWays } from "../src/transport.ts";

const origin = "https://signet.example";
const json = { "content-type": "application/json" };

const running: HttpServer[] = [];

afterEach(() => {
  for (const { server } of running.splice(0)) server.close();
});

interface Init {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

interface Scene {
  url: URL;
  /** What reached the API or the pages, as "METHOD /path". */
  reached: string[];
  logged(): string;
}

/** A server whose API and pages answer 200 to everything, and keep a list. */
async function open(options: { trustedProxyHops?: number; origin?: string; pages?: boolean } = {}): Promise<Scene> {
  const reached: string[] = [];
  let logged = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  const api: Api = {
    owns: (pathname) => /^\/(?:api|auth|\.well-known)\/|^\/(?:healthz|readyz|metrics)$/.test(pathname),
    handle: async (request) => {
      reached.push(`${request.method} ${new URL(request.url).pathname}`);
      return Response.json({ by: "api" });
    },
    trpc: {
      takes: (_request, pathname) => pathname.startsWith("/api/trpc/"),
      handle: (request, response) => {
        reached.push(`${request.method} ${request.url}`);
        response.end('{"by":"trpc"}');
      },
    },
    releaseWaiting: () => {},
  };
  const http = createHttpServer({ origin, trustedProxyHops: 1, ...options, log: pino({ level: "trace" }, stream) });
  running.push(http);
  const pages = (request: IncomingMessage, response: ServerResponse) => {
    reached.push(`${request.method} ${request.url}`);
    response.end("a page");
  };
  if (options.pages === false) http.open(api);
  else http.open(api, pages);
  http.server.listen(0, "127.0.0.1");
  await once(http.server, "listening");
  const address = http.server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return { url: new URL(`http://127.0.0.1:${port}`), reached, logged: () => logged };
}

const ask = (scene: Scene, path: string, init: Init = {}) =>
  fetch(new URL(path, scene.url), { redirect: "manual", ...init });

/** Bytes as they are, for what `fetch` would not send. */
async function raw(scene: Scene, lines: string[]): Promise<string> {
  const socket = connect(Number(scene.url.port), scene.url.hostname);
  socket.write([...lines, "Connection: close", "", ""].join("\r\n"));
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString()));
  await once(socket, "close");
  return answer;
}

const canary = "canary-7f3a";
const secretRequests: [name: string, path: string, init: Init][] = [
  ["a bearer", "/api/protected", { headers: { authorization: `Bearer ${canary}` } }],
  ["a password by Basic", "/auth/issue-new-token", { method: "POST", headers: { authorization: `Basic ${canary}` } }],
  ["a password by tRPC", "/api/trpc/auth.issueToken", { method: "POST", headers: json, body: `{"x":"${canary}"}` }],
  ["a refresh token in the body", "/auth/refresh", { method: "POST", headers: json, body: `{"x":"${canary}"}` }],
  ["a refresh token in a cookie", "/auth/session", { headers: { cookie: `a=b; signet_refresh_x=${canary}` } }],
  ["the cookie of a known device", "/auth/session", { headers: { cookie: `__Secure-signet_device=${canary}` } }],
  ["a call without credentials", "/api/trpc/auth.whoami", {}],
  ["keys, which must not be read from somebody in between", "/.well-known/jwks.json", {}],
  ["a page with a bearer", "/account", { headers: { authorization: `Bearer ${canary}` } }],
  ["a page with a cookie of ours", "/account", { headers: { cookie: `signet_refresh_x=${canary}` } }],
  ["a page with a token in the query", `/?token=${canary}`, {}],
  ["metrics by a client's secret", "/metrics", { headers: { authorization: `Basic ${canary}` } }],
];

describe("by http at the proxy, where the public origin is https", () => {
  test.each(secretRequests)("%s is refused, reaches nobody and is in no log", async (_name, path, init) => {
    const scene = await open();
    const send = (proto: string) =>
      ask(scene, path, { ...init, headers: { ...init.headers, "x-forwarded-proto": proto } });
    expect((await send("https")).status).toBe(200);
    expect(scene.reached).toHaveLength(1);

    const refused = await send("http");
    expect(refused.status).toBe(403);
    const body = await refused.text();
    expect(JSON.parse(body)).toEqual({ error: "access_denied", reason: "https_required", detail: "Use https." });
    expect(refused.headers.get("cache-control")).toBe("no-store");
    expect(refused.headers.get("location")).toBeNull();
    expect(scene.reached).toHaveLength(1);
    expect(body + scene.logged()).not.toContain(canary);
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])(
    "%s is repeated nowhere by itself: 403, no redirect",
    async (method) => {
      const scene = await open();
      for (const path of ["/account", "/auth/sign-out"]) {
        const answer = await ask(scene, path, { method, headers: { "x-forwarded-proto": "http" } });
        expect([answer.status, answer.headers.get("location")]).toEqual([403, null]);
      }
      expect(scene.reached).toEqual([]);
    },
  );

  test.each(["GET", "HEAD"])(
    "%s of a page leads to the same page by https, and no cache keeps that",
    async (method) => {
      const scene = await open();
      const answer = await ask(scene, "/notes?sort=a%20b", { method, headers: { "x-forwarded-proto": "http" } });
      expect(answer.status).toBe(308);
      expect(answer.headers.get("location")).toBe(`${origin}/notes?sort=a%20b`);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(scene.reached).toEqual([]);
      expect((await ask(scene, "/notes", { method, headers: { "x-forwarded-proto": "https" } })).status).toBe(200);
    },
  );

  test.each([
    ["/", "Host: evil.example"],
    ["//evil.example/a", "X-Forwarded-Host: evil.example"],
    ["/\\evil.example", "Forwarded: host=evil.example;proto=http"],
    ["/@evil.example", "Host: evil.example"],
    ["/%0d%0aLocation:%20https://evil.example", "X-Original-Host: evil.example"],
    ["/..//evil.example", "Host: evil.example:80"],
  ])("%s with %s leads to the configured origin, and nowhere else", async (target, line) => {
    const host = line.startsWith("Host:") ? [] : ["Host: signet.example"];
    const answer = await raw(await open(), [`GET ${target} HTTP/1.1`, ...host, line, "X-Forwarded-Proto: http"]);
    expect(answer).toMatch(/^HTTP\/1\.1 308 /);
    const [location, ...more] = [...answer.matchAll(/^location: (.*)\r$/gim)].map(([, value]) => value ?? "");
    expect(more).toEqual([]);
    expect(new URL(location ?? "").origin).toBe(origin);
  });

  test("an API without pages redirects nobody", async () => {
    const scene = await open({ pages: false });
    expect((await ask(scene, "/notes", { headers: { "x-forwarded-proto": "http" } })).status).toBe(403);
    expect((await ask(scene, "/notes", { headers: { "x-forwarded-proto": "https" } })).status).toBe(200);
  });

  test.each(["/healthz", "/readyz", "/metrics"])("%s answers whoever looks after the server", async (path) => {
    const scene = await open();
    for (const headers of [{}, { "x-forwarded-proto": "http" }]) {
      expect((await ask(scene, path, { headers })).status).toBe(200);
    }
    expect((await ask(scene, path, { method: "POST", headers: { "x-forwarded-proto": "http" } })).status).toBe(403);
  });
});

describe("whose word counts", () => {
  test.each<[hops: number, headers: Record<string, string>, status: number]>([
    // One proxy: the last entry is its own, and all before are the client's.
    [1, { "x-forwarded-proto": "https, http" }, 403],
    [1, { "x-forwarded-proto": "http, https" }, 200],
    [1, { "x-forwarded-proto": "HTTP" }, 403],
    [1, { "x-forwarded-proto": "HTTPS" }, 200],
    [1, { "x-forwarded-proto": " https " }, 200],
    // Two: the outer one's word stands before the inner one's, whose own connection is inside.
    [2, { "x-forwarded-proto": "http, https" }, 403],
    [2, { "x-forwarded-proto": "https, http" }, 200],
    [2, { "x-forwarded-proto": "http, https, http" }, 200],
    [2, { "x-forwarded-proto": "https, http, https" }, 403],
    // One of them put its word in place of all others.
    [2, { "x-forwarded-proto": "http" }, 403],
    [2, { "x-forwarded-proto": "https" }, 200],
    // What is neither of the two is not https.
    [1, { "x-forwarded-proto": "https," }, 403],
    [1, { "x-forwarded-proto": "ws" }, 403],
    [1, { "x-forwarded-proto": "httpsx" }, 403],
    // RFC 7239.
    [1, { forwarded: "for=192.0.2.1;proto=http" }, 403],
    [1, { forwarded: 'for="[2001:db8::1]:80"; Proto="http"' }, 403],
    [1, { forwarded: "for=192.0.2.1;proto=https" }, 200],
    [1, { forwarded: "proto=https, for=192.0.2.1;proto=http" }, 403],
    [1, { forwarded: "proto=http, for=192.0.2.1;proto=https" }, 200],
    [1, { forwarded: "proto=http, for=192.0.2.1" }, 200],
    [1, { forwarded: 'host="a;proto=https,proto=https";proto=http' }, 403],
    [1, { forwarded: 'host="a\\";proto=http";proto=https' }, 200],
    [1, { forwarded: 'for="192.0.2.1, for=10.0.0.1;proto=http' }, 403],
    // Either is enough to refuse.
    [1, { "x-forwarded-proto": "https", forwarded: "proto=http" }, 403],
    [1, { "x-forwarded-proto": "http", forwarded: "proto=https" }, 403],
    // Silence is not http.
    [1, {}, 200],
    [1, { forwarded: "for=192.0.2.1" }, 200],
    // Without proxies, anybody could have written it.
    [0, { "x-forwarded-proto": "http" }, 200],
    [0, { forwarded: "proto=http" }, 200],
  ])("with %i trusted, %j: %i", async (trustedProxyHops, headers, status) => {
    expect((await ask(await open({ trustedProxyHops }), "/api/protected", { headers })).status).toBe(status);
  });

  test("two lines are read as one, in their order", async () => {
    const lines = (first: string, second: string) => [
      "GET /api/protected HTTP/1.1",
      "Host: signet.example",
      `X-Forwarded-Proto: ${first}`,
      `x-forwarded-proto: ${second}`,
    ];
    const scene = await open();
    expect(await raw(scene, lines("https", "http"))).toMatch(/^HTTP\/1\.1 403 /);
    expect(await raw(scene, lines("http", "https"))).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("a header as long as headers may be is read in one pass", async () => {
    const scene = await open();
    const forwarded = `for="${'\\"'.repeat(7_000)}`;
    expect((await ask(scene, "/api/protected", { headers: { forwarded } })).status).toBe(403);
  });

  test("where the public origin is http, nothing is refused for it", async () => {
    const scene = await open({ origin: "http://localhost:3000" });
    expect((await ask(scene, "/api/protected", { headers: { "x-forwarded-proto": "http" } })).status).toBe(200);
  });
});

describe("HSTS (WEB-10)", () => {
  const hsts = async (scene: Scene, path: string, proto?: string) =>
    (await ask(scene, path, proto === undefined ? {} : { headers: { "x-forwarded-proto": proto } })).headers.get(
      "strict-transport-security",
    );

  test("is with every answer of an https origin: pages, API, refusals", async () => {
    const scene = await open({ trustedProxyHops: 0 });
    for (const path of ["/", "/api/protected", "/healthz"]) {
      expect(await hsts(scene, path)).toBe("max-age=63072000; includeSubDomains");
    }
    const refused = await ask(scene, "/", { method: "POST" });
    expect([refused.status, refused.headers.get("strict-transport-security")]).toEqual([
      405,
      "max-age=63072000; includeSubDomains",
    ]);
  });

  test("is not with an answer that goes out in the clear, nor where the origin is http", async () => {
    const scene = await open();
    expect(await hsts(scene, "/", "https")).not.toBeNull();
    for (const path of ["/", "/api/protected", "/healthz"]) expect(await hsts(scene, path, "http")).toBeNull();
    expect(await hsts(await open({ origin: "http://localhost:3000" }), "/", "https")).toBeNull();
  });
});

/** What a start with these settings says. */
function warnings(source: Record<string, string>): unknown[] {
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line) => void lines.push(line) });
  warnOfOpenWays(parseSettings(source), log);
  return lines.map((line): unknown => JSON.parse(line));
}

describe("ALLOW_INSECURE_HTTP", () => {
  test("is loud: the log names each origin and what it means", () => {
    const [app, api, ...others] = warnings({
      ALLOW_INSECURE_HTTP: "true",
      APP_URL: "http://signet.example",
      API_URL: "http://api.signet.example",
    });
    expect(others).toEqual([]);
    const msg = expect.stringMatching(/^ALLOW_INSECURE_HTTP: passwords and tokens travel unencrypted\./);
    expect(app).toMatchObject({ level: 40, setting: "APP_URL", url: "http://signet.example", msg });
    expect(api).toMatchObject({ level: 40, setting: "API_URL", url: "http://api.signet.example", msg });
  });

  test("says it once of one origin for pages and API", () => {
    expect(warnings({ ALLOW_INSECURE_HTTP: "true", APP_URL: "http://signet.example" })).toHaveLength(1);
  });

  test("says nothing where nothing is lost by it", () => {
    expect(warnings({})).toEqual([]);
    expect(warnings({ ALLOW_INSECURE_HTTP: "true" })).toEqual([]);
    expect(warnings({ ALLOW_INSECURE_HTTP: "true", APP_URL: "https://signet.example" })).toEqual([]);
  });
});

describe("a database elsewhere (SRV-11)", () => {
  const startWith = (DATABASE_URL: string) =>
    warnings({ DATABASE_URL, AUTH_SECRET: randomBytes(48).toString("base64") });

  test.each(["", "?sslmode=require", "?sslmode=no-verify", "?sslmode=verify-ca", "?sslmode=disable"])(
    "without sslmode=verify-full (%s): the log says who can listen, and not what the address is",
    (parameters) => {
      const [warning, ...others] = startWith(`postgresql://${canary}:${canary}@db.example/signet${parameters}`);
      expect(others).toEqual([]);
      expect(warning).toMatchObject({
        level: 40,
        setting: "DATABASE_URL",
        msg: expect.stringContaining("verify-full"),
      });
      expect(JSON.stringify(warning)).not.toContain(canary);
    },
  );

  test.each([
    "postgresql://db.example/signet?sslmode=verify-full",
    "postgresql://localhost/signet",
    "postgresql://127.0.0.1:5432/signet",
    "postgresql://[::1]/signet",
    "postgresql:///signet?host=%2Fvar%2Frun%2Fpostgresql",
  ])("%s: nothing to say", (url) => {
    expect(startWith(url)).toEqual([]);
  });

  test("a folder or a name in `host` counts, and not what stands before it", () => {
    expect(startWith("postgresql://localhost/signet?host=db.example")).toHaveLength(1);
    expect(startWith("postgresql://db.example/signet?host=/var/run/postgresql")).toEqual([]);
  });
});
