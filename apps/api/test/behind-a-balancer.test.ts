// Two APIs on one PostgreSQL behind a balancer, restarted one after the other while people use them: nobody notices.

import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { startTestPostgres, type TestPostgres } from "@signet/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signUp, whoIs } from "./requests.ts";
import { type Balancer, startBalancer } from "./round-robin.ts";
import { freePort, type RunningApi, startApi } from "./running-api.ts";

const limitMs = 120_000;

let postgres: TestPostgres;
let balancer: Balancer;
let settings: Record<string, string>;
const apis: RunningApi[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  settings = {
    DATABASE_URL: postgres.connectionString,
    AUTH_SECRET: randomBytes(32).toString("base64url"),
    // Ten times as long as the balancer needs to see it.
    DRAIN_SECONDS: "1",
  };
  // A single process and several are restarted differently.
  for (const WORKERS of ["1", "2"]) apis.push(await startApi({ ...settings, WORKERS, PORT: String(await freePort()) }));
  balancer = await startBalancer(apis.map(({ port }) => port));
}, limitMs);

afterAll(async () => {
  await balancer?.close();
  await Promise.all(apis.map((api) => api.stop()));
  await postgres?.stop();
}, limitMs);

test(
  "one after the other restarted by SIGTERM under constant load: no request fails, and no session loses its place (SRV-05)",
  async () => {
    const over = new AbortController();
    const wrong: unknown[] = [];
    const served = { verified: 0, refreshed: 0 };
    const note = (what: string, said: unknown) => wrong.push([what, said]);

    const verifying = Array.from({ length: 3 }, async () => {
      const { accessToken } = await signUp(balancer.url);
      while (!over.signal.aborted) {
        const status = await whoIs(balancer.url, accessToken).then((answer) => answer.status, String);
        if (status === 200) served.verified += 1;
        else note("verify", status);
      }
    });
    const refreshing = Array.from({ length: 3 }, async () => {
      let { refreshToken } = await signUp(balancer.url);
      while (!over.signal.aborted) {
        const answer = await fetch(`${balancer.url}/auth/refresh`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ refresh_token: refreshToken, attempt: randomBytes(16).toString("base64url") }),
        }).catch(String);
        if (typeof answer === "string" || answer.status !== 200) {
          note("refresh", typeof answer === "string" ? answer : await answer.text());
          continue;
        }
        refreshToken = (await answer.json()).refresh_token;
        served.refreshed += 1;
        await wait(20);
      }
    });

    await wait(1_000);
    for (const [index, api] of apis.entries()) {
      expect(await api.stop()).toBe(0);
      await wait(300);
      apis[index] = await startApi({ ...settings, WORKERS: String(index + 1), PORT: String(api.port) });
      await wait(500);
    }
    over.abort();
    await Promise.all([...verifying, ...refreshing]);
    expect(wrong).toEqual([]);
    expect(balancer.nobody()).toBe(0);
    expect(served.verified).toBeGreaterThan(200);
    expect(served.refreshed).toBeGreaterThan(50);
  },
  limitMs,
);
