// One verifier as a process of its own, with its settings fixed when it starts.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { freePort } from "../apps/web/test/running-server.ts";
import type { Verifier } from "./verifiers.ts";

export interface VerifierSettings {
  ISSUER: string;
  AUDIENCE: string;
  JWKS_URL: string;
  ALGORITHM: string;
  SHARED_SECRET?: string;
  [more: string]: string;
}

export interface RunningVerifier {
  /** The subject of a token that it accepts, or undefined where it refuses. Anything else that it does is thrown. */
  subjectOf(token: string): Promise<string | undefined>;
  url: string;
  stop(): Promise<void>;
}

export async function startVerifier(verifier: Verifier, settings: VerifierSettings): Promise<RunningVerifier> {
  const port = verifier.speaks === "http" ? await freePort() : 0;
  const [command = "", ...options] = verifier.command(port);
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(command, options, {
    env: { PATH, HOME, PORT: String(port), PYTHONDONTWRITEBYTECODE: "1", ...settings },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  const ended = once(child, "close").then(() => {
    throw new Error(`${verifier.name} ended: ${complaints}`);
  });
  // Whoever waits for an answer hears of it.
  ended.catch(() => undefined);
  const url = `http://127.0.0.1:${port}`;
  const subjectOf = verifier.speaks === "http" ? overHttp(url) : overLines(child, ended);
  if (verifier.speaks === "http") await Promise.race([isListening(url), ended]);
  return {
    url,
    subjectOf,
    stop: async () => {
      child.kill("SIGKILL");
      await ended.catch(() => undefined);
    },
  };
}

async function isListening(url: string): Promise<void> {
  while ((await fetch(url).catch(() => undefined)) === undefined)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

function overHttp(url: string) {
  return async (token: string) => {
    const answer = await fetch(`${url}/protected`, { headers: { authorization: `Bearer ${token}` } });
    if (answer.status === 401) return;
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    const body = await answer.json();
    return subject(body.claims ?? body);
  };
}

function overLines(child: ChildProcess, ended: Promise<never>) {
  if (child.stdin === null || child.stdout === null) throw new TypeError("no pipes");
  const { stdin, stdout } = child;
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return async (token: string): Promise<string | undefined> => {
    stdin.write(`${token}\n`);
    const { value, done } = await lines.next();
    if (done) return ended;
    const answer = JSON.parse(String(value));
    return answer.refused === undefined ? subject(answer) : undefined;
  };
}

/** Claims without a subject were accepted all the same. */
function subject({ sub }: { sub?: unknown }): string {
  return typeof sub === "string" ? sub : `not a subject: ${JSON.stringify(sub)}`;
}
