// Sessions over HTTP: where refresh tokens go, how they are traded, how sessions end, and who may do so.

import { beforeEach, describe, expect, test } from "vitest";
import { createTestApi, issuer, otherOrigin, password, type TestApi } from "./test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await createTestApi();
});

interface SignedIn {
  accessToken: string;
  sessionId: string;
  /** `name=value`, as a browser would send it. */
  cookie: string;
  setCookie: string;
}

async function signIn(procedure: "auth.signUp" | "auth.issueToken", username = "ada"): Promise<SignedIn> {
  const answer = await api.mutate(procedure, { username, password });
  const { accessToken, sessionId } = (await answer.json()).result.data;
  const [setCookie = ""] = answer.headers.getSetCookie();
  return { accessToken, sessionId, setCookie, cookie: setCookie.split(";")[0] ?? "" };
}

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  api.fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
const cookieOf = (answer: Response) => (answer.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
const reasonOf = async (answer: Response) => {
  const body = await answer.json();
  return body.reason ?? body.error?.data?.reason;
};

describe("the cookie of a sign-in", () => {
  test("has the session in its name, and is out of reach of scripts, of other paths and of other sites (WEB-11)", async () => {
    const { setCookie, sessionId } = await signIn("auth.signUp");
    expect(setCookie).toMatch(
      new RegExp(
        `^__Secure-signet_refresh_${sessionId}=[\\w-]{71}; Max-Age=604800; Path=/auth; HttpOnly; SameSite=Strict; Secure$`,
      ),
    );
  });

  test("has no prefix and is not Secure where the origin is http", async () => {
    api = await createTestApi({ origins: { own: "http://localhost:3000", allowed: [] } });
    const { setCookie, sessionId } = await signIn("auth.signUp");
    expect(setCookie).toMatch(new RegExp(`^signet_refresh_${sessionId}=`));
    expect(setCookie).not.toContain("Secure");
  });

  test.each([
    ["body", true],
    ["none", false],
  ])("is not set with refreshToken %s", async (refreshToken, inBody) => {
    const answer = await api.mutate("auth.signUp", { username: "ada", password, refreshToken });
    expect(answer.headers.getSetCookie()).toEqual([]);
    const { data } = (await answer.json()).result;
    expect(typeof data.refreshToken === "string").toBe(inBody);
  });

  test("is not set by POST /auth/issue-new-token, and its session cannot be refreshed", async () => {
    await signIn("auth.signUp");
    const authorization = `Basic ${Buffer.from(`ada:${password}`).toString("base64")}`;
    const answer = await api.fetch("/auth/issue-new-token", { method: "POST", headers: { authorization } });
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await answer.json()).toEqual({
      access_token: expect.any(String),
      token_type: "bearer",
      expires_in: expect.any(Number),
    });
  });

  test("is a new one at each sign-in, with a session id that nobody chose (REF-16)", async () => {
    const first = await signIn("auth.signUp");
    const second = await signIn("auth.issueToken");
    expect(second.sessionId).not.toBe(first.sessionId);
    const chosen = await api.mutate("auth.issueToken", { username: "ada", password, sessionId: first.sessionId });
    expect(chosen.status).toBe(400);
  });

  test.each(["auth.issueToken", "auth.signUp"])(
    "keeps %s out of batches and streams, that operation alone",
    async (path) => {
      await signIn("auth.signUp", "known");
      const batch = await post(`/api/trpc/${path},auth.refresh?batch=1`, {
        0: { username: "known", password },
        1: { refreshToken: "none" },
      });
      const [first, second] = await batch.json();
      expect(first.error.data).toMatchObject({ reason: "not_batchable", httpStatus: 400 });
      expect(second.error.data.reason).toBe("refresh_token_invalid");
      expect(batch.headers.getSetCookie()).toEqual([]);

      const stream = await post(
        `/api/trpc/${path}?batch=1`,
        { 0: { username: "known", password } },
        { "trpc-accept": "application/jsonl" },
      );
      expect(await stream.text()).toContain("not_batchable");
      expect(stream.headers.getSetCookie()).toEqual([]);
    },
  );

  test.each(["none", "body"])(
    "a hundred guesses in one request are none, wherever the refresh token should go: %s (PWD-09)",
    async (refreshToken) => {
      await signIn("auth.signUp", `known-${refreshToken}`);
      const guess = { username: `known-${refreshToken}`, password, refreshToken };
      const inOneRequest = (many: number) => {
        const paths = Array.from({ length: many }, () => "auth.issueToken").join(",");
        return post(`/api/trpc/${paths}?batch=1`, { ...Array.from({ length: many }, () => guess) });
      };
      for (const many of [2, 30]) {
        const answers = await (await inOneRequest(many)).json();
        expect(answers).toHaveLength(many);
        for (const { error } of answers) expect(error.data.reason).toBe("not_batchable");
      }
      const hundred = await inOneRequest(100);
      expect(hundred.status).toBe(400);
    },
  );

  test("is set by a batch of one", async () => {
    const batch = await post("/api/trpc/auth.signUp?batch=1", { 0: { username: "ada", password } });
    expect(batch.status).toBe(200);
    expect(batch.headers.getSetCookie()).toContainEqual(expect.stringContaining("signet_refresh_"));
  });
});

describe("POST /auth/refresh", () => {
  test("trades the cookie for an access token and the next cookie (REF-02)", async () => {
    const { cookie, sessionId } = await signIn("auth.signUp");
    api.clock.advance(240_000);
    const answer = await post("/auth/refresh", { session: sessionId, attempt: "attempt-0123456789" }, { cookie });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const body = await answer.json();
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: "bearer",
      expires_in: expect.any(Number),
      session: sessionId,
    });
    expect(cookieOf(answer)).not.toBe(cookie);
    expect((await api.query("auth.whoami", api.bearer(body.access_token))).status).toBe(200);
  });

  test("needs no body where there is one session", async () => {
    const { cookie } = await signIn("auth.signUp");
    expect((await api.fetch("/auth/refresh", { method: "POST", headers: { cookie } })).status).toBe(200);
  });

  test("takes a refresh token in the body, which wins over a cookie and is answered in the body", async () => {
    const { cookie } = await signIn("auth.signUp");
    const answer = await api.mutate("auth.issueToken", { username: "ada", password, refreshToken: "body" });
    const { refreshToken, sessionId } = (await answer.json()).result.data;
    const refreshed = await post("/auth/refresh", { refresh_token: refreshToken }, { cookie });
    const body = await refreshed.json();
    expect(body).toMatchObject({ session: sessionId, refresh_token: expect.any(String) });
    expect(body.refresh_token).not.toBe(refreshToken);
    expect(refreshed.headers.getSetCookie()).toEqual([]);
  });

  test("is over tRPC auth.refresh, for clients without cookies", async () => {
    const answer = await api.mutate("auth.signUp", { username: "ada", password, refreshToken: "body" });
    const { refreshToken, sessionId } = (await answer.json()).result.data;
    const refreshed = await api.mutate("auth.refresh", { refreshToken, attempt: "attempt-0123456789" });
    expect((await refreshed.json()).result.data).toMatchObject({ sessionId, refreshToken: expect.any(String) });
    const refused = await api.mutate("auth.refresh", { refreshToken: "nonsense" });
    expect([refused.status, await reasonOf(refused)]).toEqual([401, "refresh_token_invalid"]);
  });

  test("answers everything that is no good with one 400 invalid_grant, and clears no cookie (REF-11)", async () => {
    const { cookie, sessionId, accessToken } = await signIn("auth.signUp");
    const other = await signIn("auth.issueToken");
    await api.mutate("auth.endSession", { sessionId: other.sessionId }, api.bearer(accessToken));
    const [name = ""] = cookie.split("=");
    const bodies = await Promise.all(
      [
        post("/auth/refresh", {}, {}),
        post("/auth/refresh", { session: sessionId }, { cookie: other.cookie }),
        post("/auth/refresh", { session: other.sessionId }, { cookie: other.cookie }),
        post("/auth/refresh", {}, { cookie: `${name}=${"A".repeat(71)}` }),
        post("/auth/refresh", {}, { cookie: `${name}=short` }),
        post("/auth/refresh", { refresh_token: accessToken }, {}),
      ].map(async (asked) => {
        const answer = await asked;
        expect(answer.status).toBe(400);
        expect(answer.headers.getSetCookie()).toEqual([]);
        return answer.text();
      }),
    );
    expect(new Set(bodies).size).toBe(1);
    expect(JSON.parse(bodies[0] ?? "")).toMatchObject({ error: "invalid_grant", reason: "refresh_token_invalid" });
    expect((await post("/auth/refresh", {}, { cookie })).status).toBe(200);
  });

  test("refuses what it does not know: a wider scope, another audience, an attempt that is none (REF-09)", async () => {
    const { cookie } = await signIn("auth.signUp");
    for (const body of [{ scope: "admin" }, { audience: "https://else.test" }, { attempt: "x" }, { session: "" }]) {
      const answer = await post("/auth/refresh", body, { cookie });
      expect([answer.status, await reasonOf(answer)]).toEqual([400, "input_invalid"]);
    }
    const form = await api.fetch("/auth/refresh", {
      method: "POST",
      headers: { cookie, "content-type": "text/plain" },
      body: "{}",
    });
    expect(form.status).toBe(400);
  });

  test("clears the cookies of sessions that have ended, and of no other", async () => {
    const ended = await signIn("auth.signUp");
    const mine = await signIn("auth.issueToken");
    const live = await signIn("auth.issueToken");
    await api.mutate("auth.endSession", { sessionId: ended.sessionId }, api.bearer(mine.accessToken));
    const cookie = [ended.cookie, mine.cookie, live.cookie].join("; ");
    const answer = await post("/auth/refresh", { session: mine.sessionId }, { cookie });
    const cookies = answer.headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    expect(cookies[1]).toMatch(new RegExp(`^__Secure-signet_refresh_${ended.sessionId}=; Max-Age=0;`));
  });

  test("ignores an access token of somebody else that comes with it", async () => {
    const ada = await signIn("auth.signUp");
    const bob = await signIn("auth.signUp", "bob");
    const answer = await post("/auth/refresh", {}, { cookie: ada.cookie, ...api.bearer(bob.accessToken) });
    expect((await answer.json()).session).toBe(ada.sessionId);
  });
});

describe("who you are over tRPC", () => {
  test("comes from the bearer alone, never from the cookie", async () => {
    const { cookie } = await signIn("auth.signUp");
    const answer = await api.query("auth.whoami", { cookie });
    expect([answer.status, await reasonOf(answer)]).toEqual([401, "token_missing"]);
  });
});

describe("what comes from a page of another site (WEB-12)", () => {
  const evil = "https://evil.test";
  const cases: [string, Record<string, string>, boolean][] = [
    ["no browser at all", {}, true],
    ["our own page", { origin: issuer, "sec-fetch-site": "same-origin" }, true],
    ["an address typed by hand", { "sec-fetch-site": "none" }, true],
    ["an allowed origin of the same site", { origin: otherOrigin, "sec-fetch-site": "same-site" }, true],
    [
      "an origin of the same site that is not allowed",
      { origin: "https://blog.signet.test", "sec-fetch-site": "same-site" },
      false,
    ],
    ["the same site without an origin", { "sec-fetch-site": "same-site" }, false],
    ["another site", { origin: evil, "sec-fetch-site": "cross-site" }, false],
    ["another site in an old browser", { origin: evil }, false],
    ["another site that hides its origin", { origin: "null", "sec-fetch-site": "cross-site" }, false],
    ["an allowed origin, embedded elsewhere", { origin: otherOrigin, "sec-fetch-site": "cross-site" }, false],
  ];

  test.each(cases)("from %s", async (_, headers, accepted) => {
    const { cookie, accessToken } = await signIn("auth.signUp");
    const statuses = [
      await post("/auth/refresh", {}, { cookie, ...headers }),
      await api.mutate("auth.issueToken", { username: "ada", password }, headers),
      await api.mutate(
        "auth.changePassword",
        { currentPassword: password, newPassword: password },
        { ...headers, ...api.bearer(accessToken) },
      ),
      await api.mutate("auth.signUp", { username: "bob", password }, headers),
      await post("/auth/sign-out", {}, { cookie, ...headers }),
    ].map(({ status }) => status);
    expect(statuses).toEqual(accepted ? [200, 200, 200, 200, 204] : [403, 403, 403, 403, 403]);
  });

  test("is told reason origin_refused, and nothing has happened", async () => {
    const { cookie, accessToken } = await signIn("auth.signUp");
    const answer = await post("/auth/sign-out", {}, { cookie, origin: evil });
    expect(await answer.json()).toMatchObject({ error: "access_denied", reason: "origin_refused" });
    expect((await api.query("auth.whoami", api.bearer(accessToken))).status).toBe(200);
  });

  test("may read answers only from an allowed origin, after asking (HTTP-12)", async () => {
    const ask = (origin: string) =>
      api.fetch("/auth/refresh", { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
    const allowed = await ask(otherOrigin);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-origin")).toBe(otherOrigin);
    expect(allowed.headers.get("access-control-allow-credentials")).toBe("true");
    expect((await ask(evil)).headers.has("access-control-allow-origin")).toBe(false);

    const read = await api.fetch("/healthz", { headers: { origin: otherOrigin } });
    expect(read.headers.get("access-control-allow-origin")).toBe(otherOrigin);
    expect(read.headers.get("vary")).toContain("Origin");
    expect(
      (await api.fetch("/healthz", { headers: { origin: evil } })).headers.has("access-control-allow-origin"),
    ).toBe(false);
  });
});

describe("POST /auth/sign-out", () => {
  test("ends the session of the cookie and clears it; again it is 204 (REF-12)", async () => {
    const { cookie, sessionId, accessToken } = await signIn("auth.signUp");
    const answer = await post("/auth/sign-out", { session: sessionId }, { cookie });
    expect(answer.status).toBe(204);
    expect(answer.headers.getSetCookie()[0]).toMatch(/=; Max-Age=0; Path=\/auth; /);
    expect((await post("/auth/refresh", {}, { cookie })).status).toBe(400);
    const whoami = await api.query("auth.whoami", api.bearer(accessToken));
    expect([whoami.status, await reasonOf(whoami)]).toEqual([401, "token_revoked"]);
    expect((await post("/auth/sign-out", { session: sessionId }, { cookie })).status).toBe(204);
    expect((await post("/auth/sign-out", {})).status).toBe(204);
  });

  test("ends the session of a body token", async () => {
    const answer = await api.mutate("auth.signUp", { username: "ada", password, refreshToken: "body" });
    const { refreshToken } = (await answer.json()).result.data;
    expect((await post("/auth/sign-out", { refresh_token: refreshToken })).status).toBe(204);
    expect((await post("/auth/refresh", { refresh_token: refreshToken })).status).toBe(400);
  });

  test("ends the session of a bearer, an expired one too", async () => {
    const { accessToken, cookie } = await signIn("auth.signUp");
    api.clock.advance(3_600_000);
    expect((await api.query("auth.whoami", api.bearer(accessToken))).status).toBe(401);
    expect((await post("/auth/sign-out", {}, api.bearer(accessToken))).status).toBe(204);
    expect((await post("/auth/refresh", {}, { cookie })).status).toBe(400);
  });

  test("ends nothing for a forged token, with the same 204", async () => {
    const { accessToken, cookie } = await signIn("auth.signUp");
    const stranger = await createTestApi();
    const foreign = await stranger.signUp("ada");
    for (const token of [foreign.accessToken, `${accessToken.slice(0, -4)}AAAA`, "nonsense"]) {
      expect((await post("/auth/sign-out", {}, api.bearer(token))).status).toBe(204);
    }
    expect((await post("/auth/refresh", {}, { cookie })).status).toBe(200);
  });

  test("with `session` ends and clears that one only", async () => {
    const first = await signIn("auth.signUp");
    const second = await signIn("auth.issueToken");
    const cookie = `${first.cookie}; ${second.cookie}`;
    const answer = await post("/auth/sign-out", { session: first.sessionId }, { cookie });
    expect(answer.headers.getSetCookie()).toHaveLength(1);
    expect((await post("/auth/refresh", { session: second.sessionId }, { cookie })).status).toBe(200);
    expect((await post("/auth/refresh", { session: first.sessionId }, { cookie })).status).toBe(400);
  });
});

describe("sessions of one's own (REF-15)", () => {
  test("are listed with device, address and times, this one marked", async () => {
    const first = await signIn("auth.signUp");
    api.clock.advance(5_000);
    const headers = { "user-agent": "Firefox on Linux" };
    const answer = await api.mutate("auth.issueToken", { username: "ada", password }, headers);
    const { accessToken, sessionId } = (await answer.json()).result.data;
    const list = (await (await api.query("auth.listSessions", api.bearer(accessToken))).json()).result.data;
    const startedAt = api.clock() / 1000;
    expect(list).toEqual([
      {
        sessionId,
        createdAt: startedAt,
        lastUsedAt: startedAt,
        device: "Firefox on Linux",
        address: "192.0.2.1",
        current: true,
      },
      {
        sessionId: first.sessionId,
        createdAt: startedAt - 5,
        lastUsedAt: startedAt - 5,
        device: null,
        address: "192.0.2.1",
        current: false,
      },
    ]);
  });

  test.each([
    ["auth.signOut", { ended: 1 }, [false, true]],
    ["auth.signOutOthers", { ended: 1 }, [true, false]],
    ["auth.signOutEverywhere", { ended: 2 }, [false, false]],
  ])("%s says how many it has ended", async (procedure, said, alive) => {
    const mine = await signIn("auth.signUp");
    const other = await signIn("auth.issueToken");
    const bystander = await signIn("auth.signUp", "bob");
    const answer = await api.mutate(procedure, undefined, api.bearer(mine.accessToken));
    expect((await answer.json()).result.data).toEqual(said);
    const works = async ({ accessToken }: SignedIn) =>
      (await api.query("auth.whoami", api.bearer(accessToken))).status === 200;
    expect([await works(mine), await works(other)]).toEqual(alive);
    expect(await works(bystander)).toBe(true);
  });

  test("end one by one; somebody else's is not there", async () => {
    const ada = await signIn("auth.signUp");
    const bob = await signIn("auth.signUp", "bob");
    const foreign = await api.mutate("auth.endSession", { sessionId: ada.sessionId }, api.bearer(bob.accessToken));
    expect((await foreign.json()).result.data).toEqual({ ended: 0 });
    expect((await api.query("auth.whoami", api.bearer(ada.accessToken))).status).toBe(200);
    const own = await api.mutate("auth.endSession", { sessionId: ada.sessionId }, api.bearer(ada.accessToken));
    expect((await own.json()).result.data).toEqual({ ended: 1 });
  });
});

describe("auth.changePassword (PWD-15)", () => {
  const newPassword = "five other plain words here";

  test("ends every session, and answers with a new one and its cookie", async () => {
    const mine = await signIn("auth.signUp");
    const other = await signIn("auth.issueToken");
    const answer = await api.mutate(
      "auth.changePassword",
      { currentPassword: password, newPassword },
      api.bearer(mine.accessToken),
    );
    const { accessToken, sessionId } = (await answer.json()).result.data;
    expect(cookieOf(answer)).toContain(sessionId);
    for (const { accessToken: old, cookie } of [mine, other]) {
      expect(await reasonOf(await api.query("auth.whoami", api.bearer(old)))).toBe("token_revoked");
      expect((await post("/auth/refresh", {}, { cookie })).status).toBe(400);
    }
    expect((await api.query("auth.whoami", api.bearer(accessToken))).status).toBe(200);
  });

  test("with a wrong current password says so, beside its field, and neither refreshes nor signs out", async () => {
    const { accessToken } = await signIn("auth.signUp");
    const input = { currentPassword: "not the password", newPassword };
    const answer = await api.mutate("auth.changePassword", input, api.bearer(accessToken));
    const { data } = (await answer.json()).error;
    expect(data).toMatchObject({ reason: "credentials_invalid", field: "currentPassword", httpStatus: 401 });
    expect(data.retry).toBeUndefined();
    expect((await api.query("auth.whoami", api.bearer(accessToken))).status).toBe(200);
  });

  test("needs a session that still stands, at once", async () => {
    const { accessToken, sessionId } = await signIn("auth.signUp");
    const { sub } = await api.services.verifier.verify(accessToken);
    // Behind the back of this process, whose list has not heard of it.
    await api.store.endSessions({ userId: sub, sessionId });
    expect((await api.query("auth.whoami", api.bearer(accessToken))).status).toBe(200);
    const answer = await api.mutate(
      "auth.changePassword",
      { currentPassword: password, newPassword },
      api.bearer(accessToken),
    );
    expect(await reasonOf(answer)).toBe("token_revoked");
  });
});

describe("GET /auth/session", () => {
  const status = (accessToken: string, wait?: string, signal?: AbortSignal) =>
    api.fetch(`/auth/session${wait === undefined ? "" : `?wait=${wait}`}`, {
      headers: api.bearer(accessToken),
      ...(signal === undefined ? {} : { signal }),
    });

  test("says whether the token is good", async () => {
    const { accessToken } = await signIn("auth.signUp");
    expect((await status(accessToken)).status).toBe(204);
    expect((await status("nonsense")).status).toBe(401);
    expect((await status(accessToken, "26")).status).toBe(400);
    expect((await status(accessToken, "-1")).status).toBe(400);
  });

  test("held back, answers as soon as the session has ended elsewhere", async () => {
    const { accessToken, sessionId } = await signIn("auth.signUp");
    const waiting = status(accessToken, "25");
    await new Promise((resolve) => setImmediate(resolve));
    const other = await signIn("auth.issueToken");
    await api.mutate("auth.endSession", { sessionId }, api.bearer(other.accessToken));
    const answer = await waiting;
    expect([answer.status, await reasonOf(answer)]).toEqual([401, "token_revoked"]);
  });

  test("lets go of those who have gone, and of everybody when the server stops", async () => {
    const { accessToken } = await signIn("auth.signUp");
    const gone = new AbortController();
    const first = status(accessToken, "25", gone.signal);
    const second = status(accessToken, "25");
    await new Promise((resolve) => setImmediate(resolve));
    gone.abort();
    expect((await first).status).toBe(204);
    api.api.releaseWaiting();
    expect((await second).status).toBe(204);
    expect((await status(accessToken, "25")).status).toBe(204);
  });
});
