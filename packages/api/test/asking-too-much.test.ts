// Who makes the database work and has no right to, or no reason: made-up refresh tokens by the hundred, batches of lists, tabs without end.
// Each costs little, and keeps nobody else waiting.

import { randomBytes } from "node:crypto";
import { createBudgets } from "@signet/accounts";
import { AuthError } from "@signet/auth/errors";
import { expect, test } from "vitest";
import { createApi } from "../src/api.ts";
import { createSessionRoom, withSessionRoom } from "../src/session-room.ts";
import { createSessionWatch } from "../src/session-watch.ts";
import { createTestApi, issuer } from "./test-api.ts";

/** As long as a token, with its version in front: nobody can see that it is none before the database is asked. */
const madeUp = () => Buffer.concat([Buffer.from([1]), randomBytes(52)]).toString("base64url");
const madeUpCookies = (count: number) =>
  Array.from({ length: count }, () => {
    const token = madeUp();
    return `__Secure-signet_refresh_${Buffer.from(token, "base64url").subarray(1, 17).toString("base64url")}=${token}`;
  }).join("; ");

const noCounters = { count: async () => ({ counted: [], full: [] }), takeBack: async () => undefined };
const budgetsOf = (clock: () => number) =>
  createBudgets({
    counters: noCounters,
    secret: randomBytes(48).toString("base64url"),
    limits: { signInsPerAccount: 10, signInsPerAddress: 100, signUpsPerAddress: 30 },
    clock,
  });

test.each(["/auth/sign-out", "/auth/refresh"])(
  "%s looks at ten cookies, whatever comes, and for one after the other",
  async (path) => {
    const base = await createTestApi();
    let asked = 0;
    let atOnce = 0;
    let most = 0;
    const { sessions } = base.services.accounts;
    const slowly = async <Result>(work: () => Promise<Result>) => {
      asked += 1;
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      return work();
    };
    const api = createApi({
      ...base.services,
      accounts: {
        ...base.services.accounts,
        sessions: {
          ...sessions,
          endByRefreshToken: (token) => slowly(() => sessions.endByRefreshToken(token)),
          refresh: (token, client, options) => slowly(() => sessions.refresh(token, client, options)),
        },
      },
    });
    const headers = { "content-type": "application/json", cookie: madeUpCookies(100) };
    const request = new Request(issuer + path, { method: "POST", headers, body: "{}" });
    const answer = await api.handle(request, { address: "192.0.2.1" });
    expect(answer.status).toBe(path === "/auth/refresh" ? 400 : 204);
    expect([asked, most]).toEqual([10, 1]);
  },
);

test("one network has fifty refresh tokens looked at, and is told to come again with more; others are not concerned", async () => {
  const { services } = await createTestApi();
  const waiting: (() => void)[] = [];
  const refuse = () =>
    new Promise<never>((_resolve, reject) => {
      waiting.push(() => reject(new AuthError("refresh_token_invalid", "No.")));
    });
  const sessions = { ...services.accounts.sessions, refresh: refuse };
  const accounts = withSessionRoom({ ...services.accounts, sessions }, createSessionRoom());
  const from = (address: string) => accounts.sessions.refresh(madeUp(), { address, device: null });
  const inside = Array.from({ length: 50 }, (_, number) => from(`2001:db8:0:1::${number + 1}`));
  await expect(from("2001:db8:0:1::99")).rejects.toMatchObject({ reason: "busy", retryAfterSeconds: 1 });
  inside.push(from("2001:db8:0:2::1"));
  expect(waiting).toHaveLength(51);
  for (const through of waiting) through();
  await Promise.allSettled(inside);
});

test("a batch of thirty that each need a live session asks for it once", async () => {
  const base = await createTestApi();
  const names: string[] = [];
  const api = createApi({ ...base.services, accounts: base.watchStore((name) => names.push(name)) });
  const { accessToken } = await base.signUp();
  const call = async (procedure: string, input: object) => {
    const path = `/api/trpc/${Array.from({ length: 30 }, () => procedure).join(",")}?batch=1`;
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [index, input])));
    const headers = { "content-type": "application/json", ...base.bearer(accessToken) };
    return api.handle(new Request(issuer + path, { method: "POST", headers, body }), { address: "192.0.2.1" });
  };
  const answer = await call("auth.changePassword", {
    currentPassword: "not the one",
    newPassword: "another one, longer",
  });
  expect(answer.status).toBe(400);
  expect(names.filter((name) => name === "findSession")).toHaveLength(1);
});

test("one session asks the database 240 times a minute, in batches or not; another one of the same person has its own", async () => {
  const base = await createTestApi();
  const api = createApi({ ...base.services, budgets: budgetsOf(base.clock) });
  const { username, accessToken } = await base.signUp();
  const again = await base.mutate("auth.issueToken", { username, password: "correct horse battery staple" });
  const other = (await again.json()).result.data.accessToken;
  const list = async (count: number, token: string) => {
    const path = `/api/trpc/${Array.from({ length: count }, () => "auth.listSignInMethods").join(",")}?batch=1`;
    const answer = await api.handle(new Request(issuer + path, { headers: base.bearer(token) }), { address: null });
    const results = (await answer.json()) as { error?: { data: { reason: string } } }[];
    return results.map(({ error }) => error?.data.reason ?? "ok");
  };
  for (let time = 0; time < 8; time += 1) expect(new Set(await list(30, accessToken))).toEqual(new Set(["ok"]));
  expect(new Set(await list(5, accessToken))).toEqual(new Set(["rate_limited"]));
  expect(await list(1, other)).toEqual(["ok"]);
});

test("twenty wait for the end of one session, and no more; those of others have their places", async () => {
  const watch = createSessionWatch({ subscribe: () => () => {} });
  const { signal } = new AbortController();
  const wait = (sid: string, jti: string) => watch.untilEnded({ sid, jti }, 60_000, signal);
  const waiting = Array.from({ length: 20 }, (_, number) => wait("one", `token ${number}`));
  await expect(wait("one", "another token")).rejects.toMatchObject({ reason: "busy" });
  waiting.push(wait("two", "token"));
  watch.release();
  await Promise.all(waiting);
});
