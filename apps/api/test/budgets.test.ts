// Guessing at passwords over HTTP: two processes of the API on one PostgreSQL, and what happens when that is gone.

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestPostgres, type TestPostgres } from "@signet/db/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { whoIs } from "./requests.ts";
import { password, type RunningApi, startApi } from "./running-api.ts";

const limitMs = 90_000;
let postgres: TestPostgres;
let dataDir: string;
let apis: RunningApi[];

beforeAll(async () => {
  postgres = await startTestPostgres();
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  const settings = {
    APP_URL: "http://localhost:3000",
    DATABASE_URL: postgres.connectionString,
    AUTH_SECRET: randomBytes(32).toString("base64url"),
    DATA_DIR: dataDir,
    SIGN_INS_PER_ACCOUNT: "5",
    TRUSTED_PROXY_HOPS: "1",
    WORKERS: "1",
  };
  apis = [await startApi(settings), await startApi(settings)];
}, limitMs);

afterAll(async () => {
  await Promise.all(apis.map((api) => api.stop()));
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}, limitMs);

const addressOf = (number: number) => `198.51.${(number >> 8) & 255}.${number & 255}`;
const urlOf = (number: number) => apis[number % 2]?.url ?? "";

/** @param from What the one trusted proxy says the client's address is, after what the client itself wrote. */
function call(
  url: string,
  path: string,
  input: object,
  from: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${url}/api/trpc/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": from, ...headers },
    body: JSON.stringify(input),
  });
}

const signIn = (number: number, username: string, text: string, from: string, headers?: Record<string, string>) =>
  call(urlOf(number), "auth.issueToken", { username, password: text }, from, headers);

async function signUp(from = addressOf(9_999)) {
  const username = `user-${randomBytes(6).toString("hex")}`;
  const answer = await call(urlOf(0), "auth.signUp", { username, password }, from);
  const device = answer.headers.getSetCookie().find((cookie) => cookie.startsWith("signet_device_")) ?? "";
  const { accessToken } = (await answer.json()).result.data;
  return { username, accessToken: String(accessToken), device: device.split(";", 1)[0] ?? "" };
}

function countStatuses(answers: Response[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe("two processes on one database", () => {
  test(
    "200 guesses at once from 200 addresses, limit 5: five are tried, nobody else (PWD-06, PWD-08, PWD-10)",
    async () => {
      const { username, device } = await signUp();
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, number) =>
          signIn(number, username, `a wrong password ${number}`, addressOf(number)),
        ),
      );
      const counts = countStatuses(answers);
      expect(counts[401]).toBe(5);
      expect(counts[429]).toBeGreaterThan(50);
      expect(5 + (counts[429] ?? 0) + (counts[503] ?? 0)).toBe(200);
      const refused = answers.find(({ status }) => status === 429) ?? Response.error();
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(800);
      expect(refused.headers.get("set-cookie")).toBeNull();
      const { error } = await refused.json();
      expect(error.data.reason).toBe("rate_limited");
      expect(error.message).toBe("There were too many attempts. Please wait 15 minutes, then try again.");

      // A stranger with the right password is a stranger; the owner's device is the owner's.
      expect((await signIn(1, username, password, addressOf(500))).status).toBe(429);
      expect((await signIn(1, username, password, addressOf(501), { cookie: device })).status).toBe(200);
    },
    limitMs,
  );

  test(
    "what the client writes into X-Forwarded-For, or into headers like it, changes nothing (PWD-07)",
    async () => {
      const users = Array.from({ length: 120 }, (_, number) => `nobody-${number}-${randomBytes(4).toString("hex")}`);
      const statuses: number[] = [];
      for (const [number, username] of users.entries()) {
        const made = addressOf(number + 2_000);
        const answer = await signIn(
          number,
          username,
          "a wrong password",
          `${made}, 2001:db8:77:1::${number.toString(16)}`,
          {
            forwarded: `for=${made}`,
            "x-real-ip": made,
            "cf-connecting-ip": made,
          },
        );
        statuses.push(answer.status);
      }
      expect(statuses.filter((status) => status === 401)).toHaveLength(100);
      expect(new Set(statuses.slice(100))).toEqual(new Set([429]));
      expect((await signIn(0, users[0] ?? "", "a wrong password", "2001:db8:77:2::1")).status).toBe(401);
    },
    limitMs,
  );

  test(
    "Basic credentials are charged to the same budget",
    async () => {
      const { username } = await signUp();
      const basic = (text: string) =>
        fetch(`${urlOf(0)}/auth/issue-new-token`, {
          method: "POST",
          headers: {
            authorization: `Basic ${Buffer.from(`${username}:${text}`).toString("base64")}`,
            "x-forwarded-for": addressOf(700),
          },
        });
      for (let guess = 0; guess < 3; guess += 1) await signIn(1, username, "a wrong password", addressOf(700));
      for (let guess = 0; guess < 2; guess += 1) expect((await basic("a wrong password")).status).toBe(401);
      const refused = await basic(password);
      expect(refused.status).toBe(429);
      expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
      expect(await refused.json()).toMatchObject({ reason: "rate_limited" });
    },
    limitMs,
  );
});

test(
  "without the database nobody signs in, in words that say so, and who is in goes on (F45)",
  async () => {
    const { username, accessToken, device } = await signUp();
    await postgres.crash();
    for (const headers of [{}, { cookie: device }]) {
      const answer = await signIn(0, username, password, addressOf(800), headers);
      expect(answer.status).toBe(503);
      expect((await answer.json()).error.data.reason).toBe("storage_unavailable");
    }
    expect((await whoIs(urlOf(0), accessToken)).status).toBe(200);
    await postgres.restart();
    await expect
      .poll(async () => (await signIn(0, username, password, addressOf(801))).status, { timeout: 30_000 })
      .toBe(200);
  },
  limitMs,
);
