// What other services may learn of a token, and how they end one: RFC 7662 and RFC 7009.

import { AuthError } from "@signet/auth/errors";
import { beforeEach, describe, expect, test } from "vitest";
import { foreignToken } from "./foreign-tokens.ts";
import { createTestApi, password, type TestApi, tampered } from "./test-api.ts";

let api: TestApi;
let accessToken: string;
let refreshToken: string;
let sessionId: string;
beforeEach(async () => {
  api = await createTestApi();
  const answer = await api.mutate("auth.signUp", { username: "ada", password, refreshToken: "body" });
  ({ accessToken, refreshToken, sessionId } = (await answer.json()).result.data);
});

const introspect = async (token: string, fields: Record<string, string> = {}) => {
  const answer = await api.form("/auth/introspect", { token, ...fields });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  return answer.json();
};
const revoke = (token: string, fields: Record<string, string> = {}) => api.form("/auth/revoke", { token, ...fields });
const inactive = { active: false };
const isAccepted = async (token: string) => (await api.query("auth.whoami", api.bearer(token))).status === 200;
const claimsOf = (token: string) => api.services.verifier.verifyIgnoringExpiry(token);

/** Each of them is no good, and each for another reason. */
const bad: [string, () => Promise<string> | string][] = [
  ["junk", () => "junk"],
  ["junk with two dots", () => "a.b.c"],
  ["a token that was tampered with", () => tampered(accessToken)],
  ["a token of an issuer that we are not", () => foreignToken(api, { issuer: "https://other.test" })],
  ["a token for another audience", () => foreignToken(api, { audience: ["https://other.test"] })],
  ["a token that somebody else signed", () => foreignToken(api, { ownKeys: true })],
  ["a token that nobody began a session for", () => api.tokenWith([])],
  ["a refresh token that was tampered with", () => withAnotherLetter(refreshToken)],
  ["text that is no text", () => "\u0000\ud800"],
];

function withAnotherLetter(text: string): string {
  return `${text.slice(0, 40)}${text[40] === "A" ? "B" : "A"}${text.slice(41)}`;
}

describe("POST /auth/introspect", () => {
  test("says of a live access token what it says itself, and that it is good (RFC 7662 §2.2)", async () => {
    const claims = await claimsOf(accessToken);
    const { preferred_username: username, ...rest } = claims;
    expect(await introspect(accessToken)).toEqual({ active: true, token_type: "Bearer", username, ...rest });
    expect(username).toBe("ada");
  });

  test("says of a live refresh token whose it is, and until when it may rest", async () => {
    const { sub, client_id } = await claimsOf(accessToken);
    const exp = api.clock() / 1000 + 7 * 24 * 60 * 60;
    expect(await introspect(refreshToken)).toEqual({ active: true, sub, sid: sessionId, client_id, exp });
  });

  test.each(["access_token", "refresh_token", "nonsense"])(
    "takes %s for a hint and no more (RFC 7662 §2.1)",
    async (hint) => {
      expect(await introspect(accessToken, { token_type_hint: hint })).toMatchObject({
        active: true,
        token_type: "Bearer",
      });
      expect(await introspect(refreshToken, { token_type_hint: hint })).toMatchObject({ active: true, sid: sessionId });
    },
  );

  test.each(bad)("says of %s that it is not active, and nothing else (HTTP-14)", async (_name, make) => {
    expect(await introspect(await make())).toEqual(inactive);
  });

  test("says so of both tokens once they have run out", async () => {
    api.clock.advance(300_000);
    expect(await introspect(accessToken)).toEqual(inactive);
    expect(await introspect(refreshToken)).toMatchObject({ active: true });
    api.clock.advance(7 * 24 * 60 * 60 * 1000);
    expect(await introspect(refreshToken)).toEqual(inactive);
  });

  test("says so at once when the session was ended, also behind this process's back", async () => {
    await api.store.endSessions({ sessionId });
    expect(await isAccepted(accessToken)).toBe(true);
    expect(await introspect(accessToken)).toEqual(inactive);
    expect(await introspect(refreshToken)).toEqual(inactive);
  });

  test("says so at once when just the token was revoked, also behind this process's back", async () => {
    const { jti, exp } = await claimsOf(accessToken);
    await api.store.revokeToken({ id: jti, expiresAt: exp });
    expect(await introspect(accessToken)).toEqual(inactive);
    expect(await introspect(refreshToken)).toMatchObject({ active: true });
  });

  test("says so at once when the user was disabled", async () => {
    await api.store.disableUser((await claimsOf(accessToken)).sub);
    expect(await introspect(accessToken)).toEqual(inactive);
    expect(await introspect(refreshToken)).toEqual(inactive);
  });

  test("changes nothing: a refresh token that was replaced is not active, and that is no theft", async () => {
    await api.mutate("auth.refresh", { refreshToken });
    api.clock.advance(31_000);
    expect(await introspect(refreshToken)).toEqual(inactive);
    expect((await api.store.findSession(sessionId))?.endedAt).toBeNull();
  });

  test.each(["storage_unavailable", "keys_unavailable", "revocations_unknown"] as const)(
    "answers 503 where it cannot be known (%s), never that the token is not active",
    async (reason) => {
      const fail = () => Promise.reject(new AuthError(reason, "Try again."));
      const broken = await createTestApi({ verifier: { verify: fail } });
      const answer = await broken.form("/auth/introspect", { token: accessToken });
      expect(answer.status).toBe(503);
      expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    },
  );
});

describe("POST /auth/revoke", () => {
  test("of an access token ends that token, everywhere, and the session goes on (RFC 7009 §2.1)", async () => {
    const { jti, exp } = await claimsOf(accessToken);
    const answer = await revoke(accessToken);
    expect([answer.status, await answer.text(), answer.headers.get("cache-control")]).toEqual([200, "", "no-store"]);
    await api.revocations.poll();
    expect(await isAccepted(accessToken)).toBe(false);
    expect((await api.store.listRevocations(0, 10)).entries).toEqual([
      { seq: 1, kind: "token", id: jti, expiresAt: exp + 120 },
    ]);
    const refreshed = await (await api.mutate("auth.refresh", { refreshToken })).json();
    expect(await isAccepted(refreshed.result.data.accessToken)).toBe(true);
  });

  test("of a refresh token ends its session, with every access token of it", async () => {
    expect((await revoke(refreshToken)).status).toBe(200);
    await api.revocations.poll();
    expect(await isAccepted(accessToken)).toBe(false);
    expect((await api.mutate("auth.refresh", { refreshToken })).status).toBe(401);
  });

  test("reaches a token that has just run out: where clocks are late it would still be taken", async () => {
    api.clock.advance(310_000);
    await revoke(accessToken);
    expect((await api.store.listRevocations(0, 10)).entries).toHaveLength(1);
    api.clock.advance(120_000);
    await revoke(await expiredToken());
    expect((await api.store.listRevocations(0, 10)).last).toBe(1);
  });

  test.each(["access_token", "refresh_token", "nonsense"])(
    "takes %s for a hint and no more (RFC 7009 §2.1)",
    async (hint) => {
      expect((await revoke(accessToken, { token_type_hint: hint })).status).toBe(200);
      expect((await revoke(refreshToken, { token_type_hint: hint })).status).toBe(200);
      expect((await api.store.listRevocations(0, 10)).entries.map(({ kind }) => kind)).toEqual(["token", "session"]);
    },
  );

  test("a second time is 200 as well, and changes nothing (HTTP-13)", async () => {
    for (let i = 0; i < 3; i += 1) {
      expect((await revoke(accessToken)).status).toBe(200);
      expect((await revoke(refreshToken)).status).toBe(200);
    }
    expect((await api.store.listRevocations(0, 10)).last).toBe(2);
  });

  test.each(bad.filter(([name]) => !name.includes("nobody began")))(
    "of %s is 200, and nothing ends (HTTP-13)",
    async (_name, make) => {
      expect((await revoke(await make())).status).toBe(200);
      expect((await api.store.listRevocations(0, 10)).last).toBe(0);
      expect(await isAccepted(accessToken)).toBe(true);
      expect((await api.store.findSession(sessionId))?.endedAt).toBeNull();
    },
  );

  test.each([
    ["an access token", () => accessToken, "revokeToken"],
    ["a refresh token", () => refreshToken, "endByRefreshToken"],
  ])(
    "of %s answers 503, not 200, when it could not be written (HTTP-13, RFC 7009 §2.2.1)",
    async (_name, token, failing) => {
      const fail = () => Promise.reject(new AuthError("storage_unavailable", "Try again.", { retryAfterSeconds: 1 }));
      const { sessions } = api.services.accounts;
      const broken = await createTestApi({
        verifier: api.services.verifier,
        accounts: { sessions: { ...sessions, [failing]: fail } },
      });
      const answer = await broken.form("/auth/revoke", { token: token() });
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    },
  );

  test("is logged: which client, what ended, never the token", async () => {
    await revoke(accessToken);
    await revoke(refreshToken);
    const told = api.log.map((line) => JSON.parse(line)).filter(({ event }) => event === "revoke");
    expect(told).toMatchObject([
      { client: "notes", tokens: 1, sessions: 0 },
      { client: "notes", tokens: 0, sessions: 1 },
    ]);
    for (const token of [accessToken, refreshToken]) expect(api.log.join("")).not.toContain(token);
  });

  /** One whose end is further back than any clock is late. */
  async function expiredToken(): Promise<string> {
    const token = await api.tokenWith([]);
    api.clock.advance(430_000);
    return token;
  }
});
