// Two whole servers on one PostgreSQL. What is ended at one must soon be refused by the other, and both must say how they are when
// the database goes away.

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestPostgres, type TestPostgres } from "@signet/db/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, type RunningServer, startServer } from "./running-server.ts";

const password = "correct horse battery staple";
const limitMs = 10 * 60_000;
const isLong = process.env["SIGNET_LONG_TESTS"] === "1";
const runs = isLong ? 200 : 20;

let postgres: TestPostgres;
let dataDir: string;
let here: RunningServer;
/** Refuses what it cannot be sure of, two seconds after it has last heard of the database. */
let there: RunningServer;

beforeAll(async () => {
  postgres = await startTestPostgres({ durable: true });
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  const port = await freePort();
  const settings = {
    APP_URL: `http://localhost:${port}`,
    DATABASE_URL: postgres.connectionString,
    AUTH_SECRET: randomBytes(32).toString("base64url"),
    STALE_REVOCATIONS_AFTER_SECONDS: "2",
    // Everybody here comes from one address.
    SIGN_UPS_PER_ADDRESS: "100000",
  };
  here = await startServer(dataDir, { ...settings, PORT: String(port) });
  there = await startServer(dataDir, { ...settings, STALE_REVOCATIONS: "reject" });
}, limitMs);

afterAll(async () => {
  await Promise.all([here.stop(), there.stop()]);
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}, limitMs);

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

async function signUp(): Promise<{ accessToken: string; refreshToken: string }> {
  const username = `user-${randomBytes(8).toString("hex")}`;
  const answer = await post(`${here.url}/api/trpc/auth.signUp`, { username, password, refreshToken: "body" });
  expect(answer.status).toBe(200);
  return (await answer.json()).result.data;
}

const signOut = (refreshToken: string) => post(`${here.url}/auth/sign-out`, { refresh_token: refreshToken });

/** @returns `accepted`, or the reason why not */
async function verdict(server: RunningServer, accessToken: string): Promise<string> {
  const answer = await fetch(`${server.url}/api/protected`, { headers: { authorization: `Bearer ${accessToken}` } });
  const body = await answer.json();
  return answer.status === 200 ? "accepted" : `${answer.status} ${body.reason}`;
}

async function readiness(server: RunningServer) {
  const answer = await fetch(`${server.url}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const giveUpAt = Date.now() + 20_000; !(await isSo()); await pause(20)) {
    if (Date.now() > giveUpAt) throw new Error("It did not come to that.");
  }
}

/** @returns the milliseconds until this server refuses the token */
async function untilRefused(server: RunningServer, accessToken: string): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const said = await verdict(server, accessToken);
    if (said === "401 token_revoked") return performance.now() - startedAt;
    expect(said).toBe("accepted");
    await pause(5);
  }
}

/** @returns how long after the answer to a sign-out at one server each of them refused the token */
async function measureOnce(): Promise<{ own: number; other: number }> {
  const { accessToken, refreshToken } = await signUp();
  expect(await verdict(there, accessToken)).toBe("accepted");
  // At any moment between two polls.
  await pause(Math.random() * 500);
  expect((await signOut(refreshToken)).status).toBe(204);
  const [own, other] = await Promise.all([here, there].map((server) => untilRefused(server, accessToken)));
  return { own: own ?? Number.NaN, other: other ?? Number.NaN };
}

function summary(milliseconds: number[]): { p50: number; p99: number; max: number } {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (part: number) => Math.round(sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

describe("two replicas on one database", () => {
  test(
    "within a second of a sign-out at one, the other refuses its token as revoked (REF-13)",
    async () => {
      const measured: { own: number; other: number }[] = [];
      for (let run = 0; run < runs; run += 1) measured.push(await measureOnce());
      const own = summary(measured.map((one) => one.own));
      const other = summary(measured.map((one) => one.other));
      if (isLong) process.stdout.write(`  ${runs} sign-outs, in ms: ${JSON.stringify({ own, other })}\n`);
      expect(own[isLong ? "p99" : "max"]).toBeLessThanOrEqual(1_000);
      expect(other[isLong ? "p99" : "max"]).toBeLessThanOrEqual(1_000);
    },
    limitMs,
  );

  test(
    "both say so when the database is gone, do as they were told, and are well again by themselves (F26)",
    async () => {
      const kept = await signUp();
      const ended = await signUp();
      expect((await signOut(ended.refreshToken)).status).toBe(204);
      await until(async () => (await verdict(there, ended.accessToken)) === "401 token_revoked");

      await postgres.crash();
      await until(async () => /\d+ s old/.test((await readiness(there)).text));
      await until(async () => /\d+ s old/.test((await readiness(here)).text));
      expect((await readiness(here)).status).toBe(503);
      expect(await verdict(here, kept.accessToken)).toBe("accepted");
      expect(await verdict(there, kept.accessToken)).toBe("503 revocations_unknown");
      for (const server of [here, there]) expect(await verdict(server, ended.accessToken)).toBe("401 token_revoked");
      const refused = await signOut(kept.refreshToken);
      expect({ status: refused.status, mayRetry: refused.headers.has("retry-after") }).toEqual({
        status: 503,
        mayRetry: true,
      });

      await postgres.restart();
      for (const server of [here, there]) await until(async () => (await readiness(server)).status === 200);
      expect(await verdict(there, kept.accessToken)).toBe("accepted");
      expect((await signOut(kept.refreshToken)).status).toBe(204);
      await until(async () => (await verdict(there, kept.accessToken)) === "401 token_revoked");
    },
    limitMs,
  );
});
