import { AuthError } from "@signet/auth/errors";
import { describe, expect, test } from "vitest";
import { createTestApi, password, tampered } from "./test-api.ts";

const api = await createTestApi();
const { accessToken, username } = await api.signUp();

async function errorOf(answer: Response) {
  const body = await answer.json();
  return (Array.isArray(body) ? body[0] : body).error;
}

describe("auth.whoami", () => {
  test("says what the token says", async () => {
    const answer = await api.query("auth.whoami", api.bearer(accessToken));
    expect(answer.status).toBe(200);
    const { data } = (await answer.json()).result;
    expect(data).toEqual({
      subject: expect.stringMatching(/^[\w-]{22}$/),
      username,
      scope: [],
      sessionId: expect.stringMatching(/^[\w-]{22}$/),
      issuedAt: api.clock() / 1000,
      expiresAt: expect.any(Number),
    });
    expect(data.expiresAt - data.issuedAt).toBeGreaterThanOrEqual(270);
    expect(data.expiresAt - data.issuedAt).toBeLessThanOrEqual(300);
  });

  test("without a token: UNAUTHORIZED with its reason, and no stack (HTTP-11)", async () => {
    const answer = await api.query("auth.whoami");
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="signet"');
    expect(await errorOf(answer)).toEqual({
      code: -32001,
      message: "Could not validate credentials",
      data: {
        code: "UNAUTHORIZED",
        httpStatus: 401,
        path: "auth.whoami",
        reason: "token_missing",
      },
    });
  });

  test("a tampered token is refused inside a batch too, each operation with its reason (HTTP-11)", async () => {
    const answer = await api.query("auth.whoami,auth.whoami?batch=1", api.bearer(tampered(accessToken)));
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain('error_description="token_invalid"');
    const reasons = (await answer.json()).map(
      (body: { error: { data: { reason: string } } }) => body.error.data.reason,
    );
    expect(reasons).toEqual(["token_invalid", "token_invalid"]);
  });

  test("one refused operation of a batch leaves the others their answers", async () => {
    const other = await api.signUp();
    const batch = { 0: undefined, 1: { sessionId: "not one" } };
    const answer = await api.mutate("auth.signOutOthers,auth.endSession?batch=1", batch, api.bearer(other.accessToken));
    expect(answer.status).toBe(207);
    const [good, refused] = await answer.json();
    expect(good.result.data).toEqual({ ended: 0 });
    expect(refused.error.data).toMatchObject({ httpStatus: 400, reason: "input_invalid" });
  });

  test("a refused token is 401 also inside of a batch, with its challenge (HTTP-11)", async () => {
    const answer = await api.mutate("auth.signOut,auth.refresh?batch=1", { 0: undefined, 1: { refreshToken: "none" } });
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="signet"');
    const [first, second] = await answer.json();
    expect(first.error.data).toMatchObject({ httpStatus: 401, reason: "token_missing" });
    expect(second.error.data).toMatchObject({ httpStatus: 401, reason: "refresh_token_invalid" });
  });
});

describe("auth.signUp and auth.issueToken", () => {
  test("answer in the shape of the contract", async () => {
    const answer = await api.mutate("auth.issueToken", { username, password });
    expect((await answer.json()).result.data).toEqual({
      accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      tokenType: "Bearer",
      expiresIn: expect.any(Number),
      expiresAt: expect.any(Number),
      sessionId: expect.any(String),
    });
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("a taken name: 409 username_taken", async () => {
    const answer = await api.mutate("auth.signUp", { username, password });
    expect(answer.status).toBe(409);
    expect((await errorOf(answer)).data).toMatchObject({ code: "CONFLICT", reason: "username_taken" });
  });

  test("a weak password: 400 with the problem in one word and a sentence", async () => {
    const answer = await api.mutate("auth.signUp", { username: "bob", password: "canary" });
    expect(answer.status).toBe(400);
    const error = await errorOf(answer);
    expect(error.data).toMatchObject({ reason: "password_unacceptable", problem: "too_short" });
    expect(JSON.stringify(error)).not.toContain("canary");
  });

  test("a wrong password: 401 that raises no password box in a browser (PWD-13)", async () => {
    const answer = await api.mutate("auth.issueToken", { username, password: "wrong wrong wrong wrong" });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="signet"');
    expect((await errorOf(answer)).data.reason).toBe("credentials_invalid");
  });

  test.each([
    ["an unknown field", { username: "bob", password, isAdmin: true }],
    ["another type", { username: ["bob"], password }],
    ["no password", { username: "bob" }],
    ["a megabyte of name", { username: "b".repeat(257), password }],
    ["a password beyond the limit", { username: "bob", password: "x".repeat(1025) }],
    ["no object", "bob"],
    ["another place for the refresh token", { username: "bob", password, refreshToken: "url" }],
  ])("%s is refused as input_invalid, and nothing of it is echoed (SRV-03)", async (_name, input) => {
    const answer = await api.mutate("auth.signUp", input);
    expect(answer.status).toBe(400);
    const error = await errorOf(answer);
    expect(error.data.reason).toBe("input_invalid");
    expect(JSON.stringify(error)).not.toContain("correct horse");
  });

  test("`__proto__` in the input changes no prototype and is refused", async () => {
    const answer = await api.fetch("/api/trpc/auth.signUp", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"username":"bob","password":"${password}","__proto__":{"isAdmin":true}}`,
    });
    expect(answer.status).toBe(400);
    expect(Object.prototype).not.toHaveProperty("isAdmin");
  });
});

describe("the way in", () => {
  test.each([
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
  ])("a mutation sent as %s, as another site's form could, is refused", async (type) => {
    const answer = await api.fetch("/api/trpc/auth.signUp", {
      method: "POST",
      headers: { "content-type": type },
      body: JSON.stringify({ username: "csrf", password }),
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ reason: "input_invalid" });
  });

  test("a mutation by GET is refused (WEB-13)", async () => {
    const input = encodeURIComponent(JSON.stringify({ username: "get", password }));
    const answer = await api.query(`auth.signUp?input=${input}`);
    expect(answer.status).toBe(405);
    expect((await errorOf(answer)).data.reason).toBe("method_not_allowed");
  });

  test("JSON that cannot be read is refused without quoting it", async () => {
    const answer = await api.fetch("/api/trpc/auth.signUp", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"password":"canary-in-broken-json',
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toContain("canary");
  });

  test("a body over 64 KiB is cut off: 413 (SRV-04)", async () => {
    const answer = await api.mutate("auth.signUp", { username: "big", password: "x".repeat(70_000) });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ reason: "payload_too_large" });
  });

  test("a body without end is cut off too", async () => {
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(8192)) });
    // `duplex` is not in the DOM's types yet.
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: endless, duplex: "half" };
    const answer = await api.fetch("/api/trpc/auth.signUp", init);
    expect(answer.status).toBe(413);
  });

  test("a batch of more than 30 operations is refused whole (PWD-09)", async () => {
    const path = Array.from({ length: 31 }, () => "auth.whoami").join(",");
    const answer = await api.query(`${path}?batch=1`, api.bearer(accessToken));
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toContain("application/json");
  });

  test("a procedure that does not exist: 404, also for names from prototypes", async () => {
    for (const path of ["auth.nothing", "constructor", "__proto__", "auth.__proto__.x"]) {
      const answer = await api.query(path);
      expect(answer.status, path).toBe(404);
      expect((await errorOf(answer)).data.reason).toBe("not_found");
    }
  });
});

describe("what nobody foresaw", () => {
  test("is answered with a fixed sentence and an id that the log has too", async () => {
    const accounts = {
      signUp: () => Promise.reject(new Error("SELECT secret-inside FROM users")),
      issueToken: () => Promise.reject(new TypeError("secret-inside")),
    };
    const broken = await createTestApi({ accounts });
    const answer = await broken.mutate("auth.signUp", { username, password });
    expect(answer.status).toBe(500);
    const error = await errorOf(answer);
    expect(JSON.stringify(error)).not.toMatch(/secret-inside|at |\.ts/);
    expect(error.data.reason).toBe("internal_error");
    expect(error.data.errorId).toMatch(/^[\w-]{12}$/);
    const logged = broken.log.map((line) => JSON.parse(line)).find((entry) => entry.errorId === error.data.errorId);
    expect(logged.err.message).toContain("secret-inside");

    const plain = await broken.fetch("/auth/issue-new-token", {
      method: "POST",
      headers: { authorization: `Basic ${btoa("a:b")}` },
    });
    expect(plain.status).toBe(500);
    expect(await plain.json()).toEqual({
      error: "server_error",
      reason: "internal_error",
      detail: expect.not.stringContaining("secret-inside"),
      errorId: expect.any(String),
    });
  });

  test("storage that is away is 503 with Retry-After, never 401", async () => {
    const away = () =>
      Promise.reject(new AuthError("storage_unavailable", "The database cannot be reached.", { retryAfterSeconds: 2 }));
    const broken = await createTestApi({ accounts: { signUp: away, issueToken: away } });
    const answer = await broken.mutate("auth.issueToken", { username, password });
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("2");
    expect((await errorOf(answer)).data).toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      reason: "storage_unavailable",
      retryAfterSeconds: 2,
    });
  });

  test("keys that were never there are 503 keys_unavailable, not a bad token (RS-03)", async () => {
    const none = () => Promise.reject(new AuthError("keys_unavailable", "The keys are not known yet."));
    const broken = await createTestApi({ verifier: { verify: none } });
    const answer = await broken.fetch("/api/protected", { headers: broken.bearer(accessToken) });
    expect(answer.status).toBe(503);
    expect(answer.headers.get("www-authenticate")).toBeNull();
    expect(answer.headers.get("retry-after")).not.toBeNull();
  });
});
