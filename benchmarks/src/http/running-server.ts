// A server in a fresh process on a core of its own, from its start until nothing of it is left.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { onCore } from "../machine.ts";
import { cpuSecondsOf } from "./process-family.ts";

export const serverCore = 0;
export const loadCore = 1;

export interface ServerCommand {
  command: readonly string[];
  env: Record<string, string>;
  /** Answers with 200 once the server can take load. */
  readyPath: string;
  port?: number;
  cwd?: string;
  /** Whether it may use every core. Default false. */
  allCores?: boolean;
}

export interface RunningServer {
  url: string;
  pid: number | undefined;
  /** How much processor time it and its children have used, in seconds; NaN where the system does not tell. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

const startLimitMs = 60_000;
const stopLimitMs = 8_000;
const retryMs = 50;
const keptOutput = 2_000;

export async function startServer(options: ServerCommand): Promise<RunningServer> {
  const { command, env, readyPath, cwd, allCores = false } = options;
  const port = options.port ?? (await freePort());
  const [program = "", ...args] = allCores ? command : onCore(serverCore, command);
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(program, args, {
    env: { PATH, HOME, NODE_ENV: "production", PORT: String(port), ...env },
    stdio: ["ignore", "ignore", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-keptOutput)));
  const ended = once(child, "close");
  // Whatever ends us ends it.
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);

  async function stop(): Promise<void> {
    child.kill("SIGTERM");
    await Promise.race([ended, wait(stopLimitMs, undefined, { ref: false })]);
    child.kill("SIGKILL");
    await ended;
    process.off("exit", end);
  }

  const url = `http://127.0.0.1:${port}`;
  const giveUpAt = performance.now() + startLimitMs;
  while (!(await isReady(url + readyPath))) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      await stop();
      throw new Error(`${command.join(" ")} did not start. ${errors.trim()}`);
    }
    await wait(retryMs);
  }
  return { url, pid: child.pid, cpuSeconds: () => cpuSecondsOf(child.pid), stop };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
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
