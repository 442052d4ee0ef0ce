import { describe, expect, test } from "vitest";
import { createTestApi, password } from "./test-api.ts";

const api = await createTestApi();
const { username } = await api.signUp("ada");

const issue = (authorization?: string) =>
  api.fetch("/auth/issue-new-token", { method: "POST", headers: authorization === undefined ? {} : { authorization } });
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

describe("POST /auth/issue-new-token", () => {
  test("Basic credentials buy an access token, and no cookie (HTTP-09)", async () => {
    const answer = await issue(basic(`${username}:${password}`));
    expect(answer.status).toBe(200);
    const body = await answer.json();
    expect(Object.keys(body)).toEqual(["access_token", "token_type", "expires_in"]);
    expect(body.token_type).toBe("bearer");
    expect(body.expires_in).toBeGreaterThan(269);
    expect(body.expires_in).toBeLessThanOrEqual(300);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("set-cookie")).toBeNull();
    const asked = await api.fetch("/api/protected", { headers: api.bearer(body.access_token) });
    expect(asked.status).toBe(200);
  });

  test.each([
    ["no credentials", undefined],
    ["another scheme", "Bearer abc"],
    ["a wrong password", basic("ada:correct horse battery stable")],
    ["an unknown name", basic(`nobody:${password}`)],
    ["no colon", basic("ada")],
    ["bad base64", "Basic a*b"],
    ["base64 with other trailing bits", "Basic YTpiZ"],
    ["bytes that are not UTF-8", `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString("base64")}`],
    ["a control character", basic(`ada:${password}\u0000`)],
  ])("%s: 401 that asks for Basic (PWD-12)", async (_name, authorization) => {
    const answer = await issue(authorization);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Basic realm="signet", charset="UTF-8"');
    expect(await answer.json()).toMatchObject({ error: "invalid_grant", reason: "credentials_invalid" });
  });

  test("only the first colon splits (PWD-12)", async () => {
    const withColons = "a pass:phrase: of colons";
    await api.mutate("auth.signUp", { username: "colon", password: withColons });
    expect((await issue(basic(`colon:${withColons}`))).status).toBe(200);
  });

  test("credentials are read as UTF-8", async () => {
    const umlauts = "fünf schöne Straßen für Ämter";
    await api.mutate("auth.signUp", { username: "jürgen", password: umlauts });
    expect((await issue(basic(`jürgen:${umlauts}`))).status).toBe(200);
  });

  test("a wrong password and an unknown name get the very same answer (PWD-05)", async () => {
    const [wrong, unknown] = await Promise.all([
      issue(basic("ada:wrong wrong wrong wrong")),
      issue(basic("nobody:wrong wrong wrong wrong")),
    ]);
    expect(wrong.status).toBe(unknown.status);
    expect(Object.fromEntries(wrong.headers)).toEqual(Object.fromEntries(unknown.headers));
    expect(await wrong.text()).toBe(await unknown.text());
  });

  test("it is not an OAuth password grant: a form buys nothing (PWD-16)", async () => {
    const answer = await api.fetch("/auth/issue-new-token", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ grant_type: "password", username, password }),
    });
    expect(answer.status).toBe(401);
  });

  test("GET is not allowed: a link makes no token (WEB-13)", async () => {
    const answer = await api.fetch("/auth/issue-new-token", {
      headers: { authorization: basic(`${username}:${password}`) },
    });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("POST");
  });
});
