// The built API as a process of its own, on a free port.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

export const password = "correct horse battery staple";

export interface RunningApi {
  url: string;
  port: number;
  process: ChildProcess;
  /** All it has printed so far. */
  output(): string;
  /** Ends it as an operator does. @returns its exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts it and waits until it says that it is ready. */
export async function startApi(settings: Record<string, string>): Promise<RunningApi> {
  const port = Number(settings["PORT"] ?? (await freePort()));
  const { child, output, ended } = launch({ PORT: String(port), ...settings });
  while (!output().includes("is ready after")) {
    if (child.exitCode !== null) throw new Error(`The API ended: ${output()}`);
    await wait(20);
  }
  return {
    // By number: what a name stands for may be another server's address.
    url: `http://127.0.0.1:${port}`,
    port,
    process: child,
    output,
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs one that is expected to give up by itself. */
export async function startAndFail(settings: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const { ended, output } = launch(settings);
  return { code: await ended, output: output() };
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

function launch(settings: Record<string, string>) {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, [main], {
    env: { PATH, HOME, NODE_ENV: "production", ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, "close").then(() => child.exitCode);
  return { child, ended, output: () => text };
}
