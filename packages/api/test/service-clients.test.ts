// Who may ask as another service: those whom the operator named, with the secret of each, and nobody else.

import { randomBytes } from "node:crypto";
import { AuthError } from "@signet/auth/errors";
import { describe, expect, test } from "vitest";
import { createLogger } from "../src/log.ts";
import { createServiceClients } from "../src/service-clients.ts";
import { basicOf, createTestApi, password } from "./test-api.ts";

const api = await createTestApi();
const newSecret = () => randomBytes(32).toString("base64");
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
const { id, secret } = api.client;
await api.mutate("auth.signUp", { username: "ada", password });

const endpoints = [
  ["GET /auth/revocations", (headers: Record<string, string>) => api.fetch("/auth/revocations", { headers })],
  ["POST /auth/introspect", (headers: Record<string, string>) => api.form("/auth/introspect", { token: "x" }, headers)],
  ["POST /auth/revoke", (headers: Record<string, string>) => api.form("/auth/revoke", { token: "x" }, headers)],
] as const;

describe.each(endpoints)("%s", (_, ask) => {
  test("answers a client with its secret", async () => {
    expect((await ask(basicOf(api.client))).status).toBe(200);
  });

  test.each([
    ["nobody", {}],
    ["a wrong secret", basic(`${id}:${newSecret()}`)],
    ["no secret", basic(`${id}:`)],
    ["part of the secret", basic(`${id}:${secret.slice(0, -1)}`)],
    ["more than the secret", basic(`${id}:${secret}x`)],
    ["an unknown id", basic(`other:${secret}`)],
    ["the id in other letters", basic(`${id.toUpperCase()}:${secret}`)],
    ["a user and a password", basic(`ada:${password}`)],
    ["a bearer", { authorization: `Bearer ${secret}` }],
    ["something that cannot be read", { authorization: "Basic ???" }],
    ["a property of every object", basic("__proto__:constructor")],
  ])(
    "refuses %s with 401 invalid_client, and asks for Basic (RS-06, HTTP-14, RFC 6749 §5.2)",
    async (_name, headers) => {
      const answer = await ask(headers);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe('Basic realm="signet", charset="UTF-8"');
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(await answer.json()).toEqual({
        error: "invalid_client",
        reason: "credentials_invalid",
        detail: expect.any(String),
      });
    },
  );

  test("refuses a valid access token: it says who a person is, not which service asks", async () => {
    const { accessToken } = await api.signUp();
    expect((await ask(api.bearer(accessToken))).status).toBe(401);
  });
});

test.each(["/auth/introspect", "/auth/revoke"])(
  "a client that asks too often is told when to come again: %s",
  async (path) => {
    const limited = await createTestApi({
      budgets: {
        charge: async (attempt) => {
          expect(attempt).toEqual({ operation: "ask_about_token", clientId: "notes" });
          throw new AuthError("rate_limited", "later", { retryAfterSeconds: 20 });
        },
      },
    });
    const answer = await limited.form(path, { token: "x" });
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("20");
    expect((await limited.form(path, { token: "x" }, {})).status).toBe(401);
  },
);

describe("clients", () => {
  const odd = { id: "odd", secret: `${newSecret()}%2B+/=&%zz` };
  const lines: string[] = [];
  let now = 0;
  const clients = createServiceClients({
    clients: [api.client, odd],
    log: createLogger("info", { write: (line: string) => void lines.push(line) }),
    monotonicMs: () => now,
  });
  const authenticate = (headers: Record<string, string>) =>
    clients.authenticate(new Request("https://signet.test", { headers }));

  test("are known by their own secret and by no other's", () => {
    expect(authenticate(basicOf(api.client))).toBe(api.client.id);
    expect(authenticate(basicOf(odd))).toBe("odd");
    expect(() => authenticate(basicOf({ ...odd, secret: api.client.secret }))).toThrow(/credentials/);
  });

  test("may send id and secret as RFC 6749 §2.3.1 has it, encoded as a form", () => {
    const { secret: plain } = odd;
    expect(authenticate(basic(`odd:${encodeURIComponent(plain)}`))).toBe("odd");
    expect(authenticate(basic(new URLSearchParams([["odd", plain]]).toString().replace("=", ":")))).toBe("odd");
  });

  test("whose secret is wrong are logged once a minute each, by the names that we know, without what they sent", () => {
    lines.length = 0;
    now += 60_000;
    const wrong = newSecret();
    const sent = ["odd", "odd", api.client.id, "a-stranger", "another-stranger", wrong];
    const tryAll = () => {
      for (const name of sent) expect(() => authenticate(basicOf({ id: name, secret: wrong }))).toThrow(/credentials/);
    };
    tryAll();
    now += 59_999;
    tryAll();
    const told = () => lines.map((line) => JSON.parse(line).client);
    expect(told()).toEqual(["odd", api.client.id, "unknown"]);
    now += 1;
    tryAll();
    expect(told()).toHaveLength(6);
    expect(lines.join("")).not.toContain(wrong);
    expect(lines.join("")).not.toContain("stranger");
  });
});

test("where no client is configured nobody is one", async () => {
  const closed = await createTestApi({ clients: [] });
  for (const headers of [basicOf(api.client), basic(":"), {}]) {
    expect((await closed.fetch("/auth/revocations", { headers })).status).toBe(401);
    expect((await closed.form("/auth/introspect", { token: "x" }, headers)).status).toBe(401);
    expect((await closed.form("/auth/revoke", { token: "x" }, headers)).status).toBe(401);
  }
});

describe("the form of introspection and revocation", () => {
  const send = (path: string, body: string, contentType = "application/x-www-form-urlencoded") =>
    api.fetch(path, { method: "POST", headers: { "content-type": contentType, ...basicOf(api.client) }, body });

  test.each(["/auth/introspect", "/auth/revoke"])(
    "of %s is strict, and a field it does not know no matter",
    async (path) => {
      expect((await send(path, "token=x&token_type_hint=mac_token&more=1")).status).toBe(200);
      expect((await send(path, "token=x", "Application/X-WWW-Form-URLEncoded; charset=utf-8")).status).toBe(200);
      for (const [body, type] of [
        [""],
        ["token="],
        ["token_type_hint=access_token"],
        ["token=x&token=x"],
        ["token=x&token_type_hint=a&token_type_hint=b"],
        ['{"token":"x"}', "application/json"],
        ["token=x", "text/plain"],
        ["token=x", "application/x-www-form-urlencodedx"],
      ] as const) {
        const answer = await send(path, body, type);
        expect([body, answer.status, (await answer.json()).error]).toEqual([body, 400, "invalid_request"]);
      }
      expect((await send(path, `token=${"x".repeat(16 * 1024)}`)).status).toBe(413);
      const inQuery = await api.form(`${path}?token=x`, {});
      expect(inQuery.status).toBe(400);
    },
  );

  test.each(["/auth/introspect", "/auth/revoke"])("of %s is sent with POST alone", async (path) => {
    const answer = await api.fetch(path, { headers: basicOf(api.client) });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });
});

describe("GET /.well-known/oauth-authorization-server (HTTP-15, RFC 8414)", () => {
  test("says where everything is, to anybody, for a while", async () => {
    const answer = await api.fetch("/.well-known/oauth-authorization-server", {
      headers: { origin: "https://x.example" },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(await answer.json()).toEqual({
      issuer: "https://signet.test",
      jwks_uri: "https://signet.test/.well-known/jwks.json",
      introspection_endpoint: "https://signet.test/auth/introspect",
      introspection_endpoint_auth_methods_supported: ["client_secret_basic"],
      revocation_endpoint: "https://signet.test/auth/revoke",
      revocation_endpoint_auth_methods_supported: ["client_secret_basic"],
      revocations_endpoint: "https://signet.test/auth/revocations",
      response_types_supported: [],
    });
    const again = await api.fetch("/.well-known/oauth-authorization-server", {
      headers: { "if-none-match": answer.headers.get("etag") ?? "" },
    });
    expect(again.status).toBe(304);
  });

  test("names the issuer as the tokens do, and the endpoints where the API is: at another origin, below a path", async () => {
    const elsewhere = await createTestApi({
      issuer: "https://app.example",
      origins: { own: "https://api.example", allowed: [] },
      basePath: "/signet",
    });
    const answer = await elsewhere.fetch("/signet/.well-known/oauth-authorization-server");
    expect(await answer.json()).toMatchObject({
      issuer: "https://app.example",
      jwks_uri: "https://api.example/signet/.well-known/jwks.json",
      revocations_endpoint: "https://api.example/signet/auth/revocations",
    });
  });

  test("each address it names is answered", async () => {
    const metadata: Record<string, unknown> = await (await api.fetch("/.well-known/oauth-authorization-server")).json();
    const addresses = Object.entries(metadata).filter(([name]) => /_(uri|endpoint)$/.test(name));
    expect(addresses).toHaveLength(4);
    for (const [, address] of addresses) {
      const { pathname } = new URL(String(address));
      expect([401, 405, 200]).toContain((await api.fetch(pathname)).status);
      expect((await api.fetch(`${pathname}x`)).status).toBe(404);
    }
  });

  test("names no feed where there is none", async () => {
    const { revocationPages: _none, ...services } = api.services;
    const { createApi } = await import("../src/api.ts");
    const without = createApi(services);
    const ask = (path: string) =>
      without.handle(new Request(`https://signet.test${path}`, { headers: basicOf(api.client) }), { address: null });
    expect(await (await ask("/.well-known/oauth-authorization-server")).json()).not.toHaveProperty(
      "revocations_endpoint",
    );
    expect((await ask("/auth/revocations")).status).toBe(404);
  });
});
