// Servers that are processes of their own, as far as sessions go, and what a test tells them to do.

import { randomBytes } from "node:crypto";
import { startProcess, type TestProcess } from "./processes.ts";
import { sql } from "./sql.ts";

export interface Issued {
  accessToken: string;
  sessionId: string;
  refresh: { token: string };
}

export type Answer<Value> = { value: Value; refused?: undefined } | { refused: string; value?: undefined };

export interface SessionServer {
  process: TestProcess;
  ask<Value>(what: Record<string, unknown>): Promise<Answer<Value>>;
}

export interface SessionServerOptions {
  connectionString: string;
  secrets: readonly string[];
  /** How far its clock is ahead. */
  clockAheadMs?: number;
}

/** Good enough for the servers' quick hasher. */
export const password = "correct horse battery staple";

const isLong = process.env["SIGNET_LONG_TESTS"] === "1";

/** How often a scenario is played: a few times, or in full with SIGNET_LONG_TESTS=1. */
export const rounds = (few: number, full: number) => (isLong ? full : few);
export const timeoutMs = isLong ? 30 * 60_000 : 60_000;

export const newSecret = () => randomBytes(32).toString("base64url");
export const newAttempt = () => randomBytes(12).toString("base64url");
export const newName = () => randomBytes(8).toString("hex");

export async function startSessionServer(options: SessionServerOptions): Promise<SessionServer> {
  const { connectionString, secrets, clockAheadMs = 0 } = options;
  const script = new URL("./processes/server.mjs", import.meta.url);
  const process = startProcess(script, connectionString, secrets.join(","), String(clockAheadMs));
  const port = await process.hears("port");
  return {
    process,
    async ask(what) {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: JSON.stringify(what) });
      return answer.json();
    },
  };
}

/** What was given. @throws Error when it was refused */
export async function mustGive<Value>(asked: Promise<Answer<Value>>): Promise<Value> {
  const { value, refused } = await asked;
  if (value === undefined) throw new Error(`refused: ${refused}`);
  return value;
}

export const signUp = (server: SessionServer, username = newName()) =>
  mustGive(server.ask<Issued>({ do: "signUp", credentials: { username, password } }));

/** The row itself, not what a store makes of it. */
export async function sessionRow(connectionString: string, sessionId: string) {
  const [row] = await sql<{ counter: number; ended: boolean; revoked: boolean }>(
    connectionString,
    `SELECT refresh_counter AS counter, ended_at IS NOT NULL AS ended,
       EXISTS (SELECT FROM revocations WHERE kind = 'session' AND id = sessions.id) AS revoked
     FROM sessions WHERE id = $1`,
    [sessionId],
  );
  return row;
}
