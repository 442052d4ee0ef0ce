// An API that is a process, with a gauge in it, and loads that are processes.

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startTestPostgres } from "@signet/db/testing";
import { freePort } from "../running-api.ts";

export interface Reading {
  rssMib: number;
  heapMib: number;
  /** How long the event loop was held up at most, since it was last asked. */
  longestMs: number;
}

export interface Rig {
  port: number;
  username: string;
  password: string;
  token: string;
  read(): Promise<Reading>;
  stop(): Promise<number | null>;
}

export type Times = Record<string, { count: number; medianMs: number; p99Ms: number }>;

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** An API on a PostgreSQL of its own, and somebody who has signed up. */
export async function startRig(settings: Record<string, string> = {}): Promise<Rig> {
  const postgres = await startTestPostgres();
  const port = await freePort();
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, ["--import", fileOf("gauge.mjs"), fileOf("../../dist/main.js")], {
    env: {
      PATH,
      HOME,
      NODE_ENV: "production",
      PORT: String(port),
      WORKERS: "1",
      ACCESS_TOKEN_TTL_SECONDS: "900",
      DATABASE_URL: postgres.connectionString,
      AUTH_SECRET: randomBytes(32).toString("base64url"),
      ...settings,
    },
    // Its log goes nowhere, as fast as it comes.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/readyz`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error("The API ended.");
    await wait(50);
  }
  const username = "ada";
  const password = randomBytes(15).toString("base64url");
  const answer = await fetch(`${url}/api/trpc/auth.signUp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password, refreshToken: "none" }),
  });
  const { result } = (await answer.json()) as { result: { data: { accessToken: string } } };
  return {
    port,
    username,
    password,
    token: result.data.accessToken,
    async read() {
      const answered = once(child, "message") as Promise<[Reading]>;
      child.send("gauge");
      return (await answered)[0];
    },
    async stop() {
      const ended = once(child, "exit");
      if (child.exitCode === null) child.kill("SIGTERM");
      await ended;
      await postgres.stop();
      return child.exitCode;
    },
  };
}

export interface Load {
  /** The next line it says. */
  next(): Promise<unknown>;
  /** The last one. */
  end: Promise<unknown>;
  process: ChildProcess;
}

/** Begins a load; see load.mjs. */
export function beginLoad(kind: "paced" | "crowd" | "strangers" | "slow", options: object): Load {
  const child = spawn(process.execPath, [fileOf("load.mjs"), kind, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    return done === true ? undefined : JSON.parse(value);
  };
  const ended = once(child, "close");
  const rest = async () => {
    let last: unknown;
    for (let line = await next(); line !== undefined; line = await next()) last = line;
    await ended;
    if (child.exitCode !== 0) throw new Error(`A load ended with ${child.exitCode}.`);
    return last;
  };
  return {
    next,
    process: child,
    get end() {
      return rest();
    },
  };
}

/** Requests at a pace that is a hardship for nobody, so that what they wait for is what others do to the server. */
export async function probe({ port, token }: Rig, forMs: number): Promise<{ medianMs: number; p99Ms: number }> {
  const times = (await beginLoad("paced", { port, token, connections: 4, perSecond: 200, forMs }).end) as Times;
  const { 200: fine, ...others } = times;
  if (fine === undefined || Object.keys(others).length > 0)
    throw new Error(`Not all were answered with 200: ${JSON.stringify(times)}`);
  return fine;
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

export function say(line: string): void {
  process.stdout.write(`  ${line}\n`);
}

export const ms = (number: number): string => `${number < 10 ? number.toFixed(2) : number.toFixed(0)} ms`;
