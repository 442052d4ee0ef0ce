import { describe, expect, test } from "vitest";
import { json } from "../src/http/answers.ts";
import { createRouteGuard } from "../src/http/protect-route.ts";
import { createTestApi, issuer } from "./test-api.ts";

const api = await createTestApi();

describe("GET /.well-known/jwks.json", () => {
  test("holds public members only, each key with kid, alg, use and kty (KEY-10)", async () => {
    const answer = await api.fetch("/.well-known/jwks.json");
    const { keys } = await answer.json();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
  });

  test("says what it is, how long it keeps, and has an ETag that saves sending it again (KEY-21)", async () => {
    const answer = await api.fetch("/.well-known/jwks.json");
    expect(answer.headers.get("content-type")).toBe("application/jwk-set+json");
    expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
    const etag = answer.headers.get("etag") ?? "";
    const again = await api.fetch("/.well-known/jwks.json", { headers: { "if-none-match": `"other", W/${etag}` } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe("");
  });
});

describe("health", () => {
  test("/healthz answers while /readyz says what is missing", async () => {
    const waiting = await createTestApi({ readiness: async () => ({ database: "unreachable", keys: "ok" }) });
    expect((await waiting.fetch("/healthz")).status).toBe(200);
    const answer = await waiting.fetch("/readyz");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ ready: false, checks: { database: "unreachable", keys: "ok" } });
    expect(await (await api.fetch("/readyz")).json()).toEqual({ ready: true, checks: { database: "ok" } });
  });
});

describe("createRouteGuard", () => {
  const protectRoute = createRouteGuard(api.services.verifier);
  const request = (token?: string) => new Request(issuer, { headers: token === undefined ? {} : api.bearer(token) });

  test("asks just for a valid token", async () => {
    const GET = protectRoute(() => json({ ok: true }));
    expect((await GET(request(await api.tokenWith([])))).status).toBe(200);
    expect((await GET(request())).status).toBe(401);
  });

  test("hands over its claims", async () => {
    const GET = protectRoute((_request, claims) => json({ hello: claims.preferred_username }));
    expect(await (await GET(request(await api.tokenWith([])))).json()).toEqual({ hello: "ada" });
  });

  test("asks for scopes: 403 insufficient_scope with its challenge (HTTP-06)", async () => {
    const POST = protectRoute(() => json({ ok: true }), { scopes: ["notes:write"] });
    expect((await POST(request(await api.tokenWith(["notes:write"])))).status).toBe(200);
    const refused = await POST(request(await api.tokenWith(["notes:read"])));
    expect(refused.status).toBe(403);
    expect(refused.headers.get("www-authenticate")).toBe(
      'Bearer realm="signet", error="insufficient_scope", error_description="insufficient_scope"',
    );
  });
});

describe("paths", () => {
  test.each(["/api/nothing", "/auth/nothing", "/.well-known/nothing", "/api/protected/x.css", "/api/trpc"])(
    "%s is the API's and not there: 404 as JSON, not stored",
    async (path) => {
      expect(api.api.owns(path)).toBe(true);
      const answer = await api.fetch(path);
      expect(answer.status).toBe(404);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(await answer.json()).toMatchObject({ reason: "not_found" });
    },
  );

  test.each(["/", "/sign-in", "/apiary", "/authors", "/constructor", "/__proto__"])("%s is a page", (path) => {
    expect(api.api.owns(path)).toBe(false);
  });
});
