// Constant load: people who verify everywhere, refresh and sign out, and know which answer would be wrong.

import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { password } from "../running-api.ts";
import type { Counts } from "./counts.ts";
import type { ServerProcess } from "./server-process.ts";

export interface World {
  issuers: readonly ServerProcess[];
  /** Everybody who verifies, and where. */
  verifiers: readonly { server: ServerProcess; path: string }[];
  counts: Counts;
  over: AbortSignal;
  /** As `performance.now()` has it. */
  startedAt: number;
  /** Why a write may be refused just now, such as a database that is gone. */
  excuse(): string | undefined;
  /** Why this one may not know yet what was ended at that time, such as a feed that is cut. */
  whyUnknown(server: ServerProcess, endedAt: number): string | undefined;
  /** When a key was revoked, as `performance.now()` has it. */
  revokedKeys: ReadonlyMap<string, number>;
}

interface Held {
  accessToken: string;
  kid: string;
  /** Answered at this time, as `performance.now()` has it. */
  endedAt?: number;
}

/** Promised by the design: an end is known everywhere after this. */
export const knownAfterMs = 1_000;
/** A request to a process that was killed less than this before or after was cut off with it. */
const killedAroundMs = 500;
const checkEndedMs = 4_000;

/** One person, until it is over. */
export async function live(world: World): Promise<void> {
  while (!world.over.aborted) {
    const session = await signUp(world);
    if (session !== undefined) await useSession(world, session);
  }
}

interface Session {
  held: Held;
  refreshToken: string;
}

async function useSession(world: World, session: Session): Promise<void> {
  const signOutAt = performance.now() + 4_000 + Math.random() * 12_000;
  let refreshAt = performance.now() + 1_000;
  while (!world.over.aborted && performance.now() < signOutAt) {
    const verdict = await verify(world, session.held);
    const mustRefresh = verdict === 401 && world.revokedKeys.has(session.held.kid);
    if (mustRefresh || performance.now() > refreshAt) {
      if (!(await refresh(world, session))) return;
      refreshAt = performance.now() + 1_000;
    }
    await wait(10);
  }
  if (world.over.aborted) return;
  const endedAt = await signOut(world, session.refreshToken);
  if (endedAt === undefined) return;
  const ended = { ...session.held, endedAt };
  while (!world.over.aborted && performance.now() < endedAt + checkEndedMs) {
    await verify(world, ended);
    await wait(20);
  }
}

/** Asks one of those who are up. @returns the status; undefined where there was no answer */
async function verify(world: World, held: Held): Promise<number | undefined> {
  const { counts } = world;
  const up = world.verifiers.filter(({ server }) => server.isUp);
  const { server, path } = up[Math.floor(Math.random() * up.length)] ?? {};
  if (server === undefined) {
    await wait(50);
    return undefined;
  }
  const askedAt = performance.now();
  const headers = { authorization: `Bearer ${held.accessToken}` };
  const answer = await fetch(`${server.url}${path}`, { headers }).catch((error: unknown) => error);
  if (!(answer instanceof Response)) {
    if (wasNotConnected(answer)) counts.count("not connected, to be asked elsewhere");
    else if (wasKilled(server, askedAt)) counts.count("cut off by kill -9");
    else counts.wrong("verification cut off", [server.name, String(answer), causeOf(answer)]);
    return undefined;
  }
  const text = await answer.text().catch(() => "");
  judge(world, server, { held, askedAt, status: answer.status, text });
  return answer.status;
}

interface Verdict {
  held: Held;
  askedAt: number;
  status: number;
  text: string;
}

function judge({ counts, ...world }: World, server: ServerProcess, { held, askedAt, status, text }: Verdict): void {
  const sinceStart = `at ${((performance.now() - world.startedAt) / 1000).toFixed(1)} s`;
  // Before anybody says so, a revoked key may have been refused already.
  const keyRevokedAt = world.revokedKeys.get(held.kid);
  const endedAt = held.endedAt ?? keyRevokedAt;
  const unknown = endedAt === undefined ? undefined : world.whyUnknown(server, endedAt);
  if (status >= 500) counts.wrong("5xx on a verification", [server.name, status, text, sinceStart]);
  else if (status !== 200 && endedAt === undefined)
    counts.wrong("valid token refused", [server.name, status, text, sinceStart, held.kid]);
  else if (status !== 200) counts.count("ended tokens refused");
  else if (endedAt === undefined) counts.count(`verified by ${server.name}`);
  else if (askedAt < endedAt + knownAfterMs) counts.count("ended tokens accepted within 1 s");
  else if (unknown !== undefined) counts.count(`ended tokens accepted ${unknown}`);
  else
    counts.wrong("ended token accepted after 1 s", [
      server.name,
      sinceStart,
      `${Math.round(askedAt - endedAt)} ms`,
      keyRevokedAt === undefined ? "session" : "key",
    ]);
}

/** Writes at any issuer that is up, again until one of them has answered. @returns undefined when it is over */
async function write(world: World, path: string, body: object): Promise<Response | undefined> {
  const { counts, issuers } = world;
  while (!world.over.aborted) {
    const up = issuers.filter(({ isUp }) => isUp);
    const issuer = up[Math.floor(Math.random() * up.length)];
    if (issuer === undefined) {
      await wait(50);
      continue;
    }
    const askedAt = performance.now();
    const excuseBefore = world.excuse();
    const answer = await fetch(issuer.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }).catch((error: unknown) => error);
    if (answer instanceof Response && answer.status < 500 && answer.status !== 429) return answer;

    const excuse = excuseBefore ?? world.excuse();
    if (!(answer instanceof Response) && wasNotConnected(answer)) counts.count("not connected, to be asked elsewhere");
    else if (!(answer instanceof Response) && wasKilled(issuer, askedAt)) counts.count("cut off by kill -9");
    else if (excuse !== undefined) counts.count(`writes refused ${excuse}`);
    else if (answer instanceof Response && /"(?:busy|rate_limited)"/.test(await answer.clone().text()))
      counts.count("writes asked to come again");
    else {
      const said =
        answer instanceof Response ? [answer.status, await answer.text()] : [String(answer), causeOf(answer)];
      counts.wrong("write failed without cause", [issuer.name, path, ...said]);
    }
    await wait(200);
  }
  return undefined;
}

async function signUp(world: World): Promise<Session | undefined> {
  const username = `user-${randomBytes(8).toString("hex")}`;
  const answer = await write(world, "/api/trpc/auth.signUp", { username, password, refreshToken: "body" });
  // A repetition after a lost answer finds its own name taken; somebody else is made then.
  if (answer?.status !== 200) return undefined;
  world.counts.count("sign-ups");
  const { accessToken, refreshToken } = (await answer.json()).result.data;
  return { held: hold(accessToken), refreshToken };
}

async function refresh(world: World, session: Session): Promise<boolean> {
  const body = { refresh_token: session.refreshToken, attempt: randomBytes(16).toString("base64url") };
  const answer = await write(world, "/auth/refresh", body);
  if (answer === undefined) return false;
  if (answer.status !== 200) {
    world.counts.wrong("session lost", [answer.status, await answer.text()]);
    return false;
  }
  const { access_token, refresh_token } = await answer.json();
  session.held = hold(access_token);
  session.refreshToken = refresh_token;
  world.counts.count("refreshes");
  return true;
}

async function signOut(world: World, refreshToken: string): Promise<number | undefined> {
  const answer = await write(world, "/auth/sign-out", { refresh_token: refreshToken });
  if (answer?.status !== 204) return undefined;
  world.counts.count("sign-outs");
  return performance.now();
}

function hold(accessToken: string): Held {
  const header = JSON.parse(Buffer.from(accessToken.split(".")[0] ?? "", "base64url").toString());
  return { accessToken, kid: String(header.kid) };
}

function wasKilled({ killedAt }: ServerProcess, askedAt: number): boolean {
  return killedAt > askedAt - killedAroundMs;
}

function wasNotConnected(error: unknown): boolean {
  return causeOf(error) === "ECONNREFUSED";
}

function causeOf(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}
