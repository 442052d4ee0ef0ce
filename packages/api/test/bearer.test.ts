import { describe, expect, test } from "vitest";
import { createTestApi, tampered } from "./test-api.ts";

const api = await createTestApi();
const { accessToken, username } = await api.signUp();
const foreign = await createTestApi();
const { accessToken: foreignToken } = await foreign.signUp();

describe("GET /api/protected", () => {
  test.each(["Bearer", "bearer", "BEARER", "bEaReR"])(
    "takes a valid token with the scheme spelled %s (HTTP-01)",
    async (scheme) => {
      const answer = await api.fetch("/api/protected", { headers: { authorization: `${scheme} ${accessToken}` } });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({
        claims: { iss: "https://signet.test", preferred_username: username },
      });
      expect(answer.headers.get("cache-control")).toBe("no-store");
    },
  );

  test("without credentials: 401 with a bare challenge, no error code in it (HTTP-03)", async () => {
    const answer = await api.fetch("/api/protected");
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="signet"');
    expect(await answer.json()).toEqual({
      error: "invalid_token",
      reason: "token_missing",
      detail: "Could not validate credentials",
    });
  });

  test.each([
    ["a tampered token", tampered(accessToken), "token_invalid"],
    ["a token of a foreign key", foreignToken, "token_invalid"],
    ["text that is no token", "abc", "token_malformed"],
    ["a token with padding", `${accessToken}=`, "token_malformed"],
  ])("%s: 401 that says why in one fixed word (HTTP-04)", async (_name, token, reason) => {
    const answer = await api.fetch("/api/protected", { headers: api.bearer(token) });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe(
      `Bearer realm="signet", error="invalid_token", error_description="${reason}"`,
    );
    expect(await answer.json()).toEqual({ error: "invalid_token", reason, detail: "Could not validate credentials" });
  });

  test("an expired token: 401 token_expired", async () => {
    const later = await createTestApi();
    const { accessToken: token } = await later.signUp();
    later.clock.advance(301_000);
    const answer = await later.fetch("/api/protected", { headers: later.bearer(token) });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ reason: "token_expired" });
  });

  test.each([
    ["another scheme", { authorization: `Basic ${btoa("a:b")}` }],
    ["a cookie", { cookie: `access_token=${accessToken}` }],
    ["another header", { "x-access-token": accessToken }],
  ])("a token in %s counts for nothing (HTTP-07)", async (_name, headers: Record<string, string>) => {
    const answer = await api.fetch("/api/protected", { headers });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ reason: "token_missing" });
  });

  test("a token in the query counts for nothing (HTTP-07)", async () => {
    const answer = await api.fetch(`/api/protected?access_token=${accessToken}&token=${accessToken}`);
    expect(answer.status).toBe(401);
  });

  test("two Authorization lines, joined by the runtime, are not a token (HTTP-08)", async () => {
    const headers = new Headers(api.bearer(accessToken));
    headers.append("authorization", `Bearer ${accessToken}`);
    const answer = await api.fetch("/api/protected", { headers });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ reason: "token_malformed" });
  });

  test("another method: 405 with Allow", async () => {
    const answer = await api.fetch("/api/protected", { method: "DELETE", headers: api.bearer(accessToken) });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET");
  });

  test("nothing from the request stands in the challenge (HTTP-10)", async () => {
    const answer = await api.fetch("/api/protected", { headers: { authorization: 'Bearer "><script>' } });
    expect(answer.headers.get("www-authenticate")).toMatch(
      /^Bearer realm="signet", error="invalid_token", error_description="[a-z_]+"$/,
    );
  });
});
