// The built server as a process of its own, on a free port and a data folder that goes with it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../dist/server/main.js", import.meta.url));

export interface RunningServer {
  url: string;
  port: number;
  process: ChildProcess;
  /** All it has printed so far. */
  output(): string;
  /** Ends it as an operator does. @returns its exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** What Node.js is to run, and where. */
export interface Program {
  args: string[];
  cwd?: string;
}

/** Starts the server and waits until it is ready. */
export async function startServer(
  dataDir: string,
  settings: Record<string, string> = {},
  program?: Program,
): Promise<RunningServer> {
  const server = await launchServer({ DATA_DIR: dataDir, ...settings }, program);
  for (;;) {
    if (server.process.exitCode !== null) throw new Error(`The server ended: ${server.output()}`);
    const answer = await fetch(`${server.url}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return server;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Starts the server and does not wait for anything. */
export async function launchServer(settings: Record<string, string>, program?: Program): Promise<RunningServer> {
  const port = Number(settings["PORT"] ?? (await freePort()));
  const { child, output, ended } = launch({ PORT: String(port), ...settings }, program);
  return {
    url: `http://localhost:${port}`,
    port,
    process: child,
    output,
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs a server that is expected to give up by itself. */
export async function startAndFail(settings: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const { ended, output } = launch(settings);
  return { code: await ended, output: output() };
}

export async function withDataDir<T>(use: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  try {
    return await use(dataDir);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return address.port;
}

function launch(settings: Record<string, string>, { args, cwd }: Program = { args: [main] }) {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH, HOME, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, "close").then(() => child.exitCode);
  return { child, ended, output: () => text };
}
