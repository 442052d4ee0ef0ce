// apps/api with all cores while as many people sign in as its queue takes: how long a whoami takes before and meanwhile.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { createIssuer } from "../http/credentials.ts";
import { withServer } from "../http/exchange.ts";
import { productVariant } from "../http/variants.ts";
import { median, percentile } from "../results.ts";
import { separateHashing } from "./own-cores.ts";

export interface StormResult {
  calmCachedMs: number;
  calmFirstMs: number;
  stormCachedMs: number;
  stormFirstMs: number;
  stormCachedP99Ms: number;
  /** While nothing else is asked. */
  signInsPerSecond: number;
  /** The same with hashing on cores of its own; NaN where that cannot be had. */
  apartPerSecond: number;
  /** Of the server and its database, hashing and all, for each sign-in; NaN where the system does not tell. */
  cpuMsEach: number;
}

const path = "/api/trpc/auth.whoami";
/** As many as one address gets room for, but one: more would be refused at once. */
const signInsAtOnce = 15;
const probeGapMs = 5;
const settleMs = 500;
/** It is one person who signs in so often, from one address. */
const roomForAll = { SIGN_INS_PER_ACCOUNT: "100", SIGN_INS_PER_ADDRESS: "1000" };

export async function measureStorm({ forMs, warmUpMs }: { forMs: number; warmUpMs: number }): Promise<StormResult> {
  const issuer = await createIssuer();
  const variant = productVariant(issuer, "apps/api", path);
  const env = { ...variant.server.env, ...roomForAll };
  const server = { ...variant.server, env, allCores: true };
  try {
    return await withServer({ ...variant, server }, async ({ server: { url, pid, cpuSeconds } }) => {
      const basic = await signUp(url);
      const tokens = await Promise.all(Array.from({ length: Math.ceil(forMs / probeGapMs) * 2 }, issuer.productToken));
      const [kept = ""] = tokens;
      const probe = (token: string) => timed(`${url}${path}`, `Bearer ${token}`);
      // Connections and code, on both sides.
      await probeFor(settleMs, () => probe(kept));
      await probeFor(settleMs, () => probe(tokens.pop() ?? kept));

      const calm = await probeBoth(probe, kept, tokens, forMs);
      const storm = beginStorm(url, basic);
      await wait(warmUpMs);
      const stormy = await probeBoth(probe, kept, tokens, forMs);
      const cpuBefore = cpuSeconds();
      const { perSecond, signedIn } = await storm.during(forMs);
      const cpuMs = (cpuSeconds() - cpuBefore) * 1000;
      const apartPerSecond = separateHashing(pid) ? (await storm.during(forMs)).perSecond : Number.NaN;
      await storm.end();
      if (!(perSecond > 0)) throw new Error("Nobody signed in, so there was no storm.");
      return {
        calmCachedMs: median(calm.cached),
        calmFirstMs: median(calm.first),
        stormCachedMs: median(stormy.cached),
        stormFirstMs: median(stormy.first),
        stormCachedP99Ms: percentile(stormy.cached, 0.99),
        signInsPerSecond: perSecond,
        apartPerSecond,
        cpuMsEach: cpuMs / signedIn,
      };
    });
  } finally {
    issuer.remove();
  }
}

type Probe = (token: string) => Promise<number>;

/** In turns, so that both see the same. */
async function probeBoth(probe: Probe, kept: string, tokens: string[], forMs: number) {
  const seen = { cached: [] as number[], first: [] as number[] };
  let turn = 0;
  await probeFor(forMs, async () => {
    turn += 1;
    if (turn % 2 === 0) seen.cached.push(await probe(kept));
    else seen.first.push(await probe(tokens.pop() ?? kept));
  });
  return seen;
}

async function probeFor(forMs: number, work: () => Promise<unknown>): Promise<void> {
  const endAt = performance.now() + forMs;
  while (performance.now() < endAt) {
    await work();
    await wait(probeGapMs);
  }
}

async function timed(url: string, authorization: string): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(url, { headers: { authorization } });
  await answer.text();
  if (answer.status !== 200) throw new Error(`A whoami was answered with ${answer.status}.`);
  return performance.now() - startedAt;
}

function beginStorm(url: string, authorization: string) {
  const stopping = new AbortController();
  let signedIn = 0;
  // What the load takes is missing from what is measured, and `fetch` takes three times as much.
  const agent = new Agent({ keepAlive: true });
  const signIn = async () => {
    const asked = request(`${url}/auth/issue-new-token`, { method: "POST", headers: { authorization }, agent });
    asked.end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    answer.resume();
    await once(answer, "end");
    return answer.statusCode ?? 0;
  };
  const person = async () => {
    while (!stopping.signal.aborted) {
      const status = await signIn();
      if (status !== 200) throw new Error(`A sign-in was answered with ${status}.`);
      signedIn += 1;
    }
  };
  const people = Promise.all(Array.from({ length: signInsAtOnce }, person));
  return {
    /** What comes to an end in that time. */
    async during(ms: number) {
      const startedAt = performance.now();
      const before = signedIn;
      await wait(ms);
      const done = signedIn - before;
      return { perSecond: (done / (performance.now() - startedAt)) * 1000, signedIn: done };
    },
    async end() {
      stopping.abort();
      await people;
      agent.destroy();
    },
  };
}

/** @returns The Authorization header with which that person signs in. */
async function signUp(url: string): Promise<string> {
  const username = `bench-${randomBytes(6).toString("hex")}`;
  const password = randomBytes(16).toString("base64url");
  const answer = await fetch(`${url}/api/trpc/auth.signUp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password, refreshToken: "none" }),
  });
  if (answer.status !== 200) throw new Error(`Signing up was answered with ${answer.status}: ${await answer.text()}`);
  return `Basic ${btoa(`${username}:${password}`)}`;
}
