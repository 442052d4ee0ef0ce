// Whole requests over HTTP: one process on one core, and wrk on another one.

import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { printTable, takeTurns } from "./rounds.ts";

const turnSeconds = 3;
const connections = 50;
const startLimitMs = 60_000;
const [serverCore, loadCore] = ["0", "1"];
const bareServer = fileURLToPath(new URL("./bare-server.js", import.meta.url));
const api = fileURLToPath(new URL("../../apps/api/dist/main.js", import.meta.url));

export async function measureHttp(rounds: number): Promise<void> {
  if (availableParallelism() < 2) throw new Error("This needs two cores: one for the server, one for the load.");
  assertTools();
  const dataDir = await mkdtemp(join(tmpdir(), "signet-bench-"));
  const service = { id: "bench", secret: randomBytes(32).toString("base64") };
  const bare = await start(bareServer, "/", {});
  const signet = await start(api, "/readyz", {
    WORKERS: "1",
    LOG_LEVEL: "warn",
    DATA_DIR: dataDir,
    RESOURCE_SERVER_CLIENTS: `${service.id}:${service.secret}`,
    // As many as fit into a turn, and more.
    ACCESS_TOKEN_TTL_SECONDS: "900",
  });
  try {
    const bearer = `Authorization: Bearer ${await signUp(signet.url)}`;
    const basic = `Authorization: Basic ${Buffer.from(`${service.id}:${service.secret}`).toString("base64")}`;
    const load = (name: string, url: string, header?: string) => ({ name, turn: async () => wrk(url, header) });
    printTable(
      "HTTP, one process on one core",
      await takeTurns(
        [
          load("bare node:http, no authentication", bare.url),
          load("GET /api/protected", `${signet.url}/api/protected`, bearer),
          load("GET /api/trpc/auth.whoami", `${signet.url}/api/trpc/auth.whoami`, bearer),
          load("GET /.well-known/jwks.json", `${signet.url}/.well-known/jwks.json`),
          load("GET /auth/revocations, not held", `${signet.url}/auth/revocations?after=0`, basic),
        ],
        rounds,
      ),
    );
  } finally {
    await signet.stop();
    await bare.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function assertTools(): void {
  try {
    execFileSync("which", ["wrk", "taskset"]);
  } catch (cause) {
    throw new Error("This part needs Linux, with taskset, and wrk for the load: apt-get install wrk.", { cause });
  }
}

/** Requests a second that were answered with 200. A single other answer, and the number means nothing. */
function wrk(url: string, header?: string): Promise<number> {
  const options = [
    "-t1",
    `-c${connections}`,
    `-d${turnSeconds}s`,
    ...(header === undefined ? [] : ["-H", header]),
    url,
  ];
  const child = spawn("taskset", ["-c", loadCore, "wrk", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return once(child, "close").then(() => {
    if (/Non-2xx|Socket errors/.test(output)) throw new Error(`Not every answer was good:\n${output}`);
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  });
}

async function start(program: string, readyPath: string, settings: Record<string, string>) {
  const port = await freePort();
  const { PATH = "" } = process.env;
  const child = spawn("taskset", ["-c", serverCore, process.execPath, program], {
    env: { PATH, NODE_ENV: "production", PORT: String(port), ...settings },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "close");
  // Whatever ends us ends it.
  process.once("exit", () => child.kill());
  const url = `http://127.0.0.1:${port}`;
  const giveUpAt = performance.now() + startLimitMs;
  while (!(await isReady(url + readyPath))) {
    if (child.exitCode !== null || performance.now() > giveUpAt) throw new Error(`${program} did not start.`);
    await wait(100);
  }
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

async function signUp(url: string): Promise<string> {
  const answer = await fetch(`${url}/api/trpc/auth.signUp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "bench", password: randomBytes(16).toString("base64url"), refreshToken: "none" }),
  });
  const { result } = (await answer.json()) as { result: { data: { accessToken: string } } };
  return result.data.accessToken;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return address.port;
}
