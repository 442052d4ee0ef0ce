// The commands and a server as processes of their own, with nothing of our environment but what a test gives them.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const server = fileURLToPath(new URL("server.mjs", import.meta.url));

export type Settings = Readonly<Record<string, string>>;

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs one command to its end. */
export async function signet(settings: Settings, args: readonly string[], input = ""): Promise<Ended> {
  const { child, text } = launch(main, args, settings);
  child.stdin?.end(input);
  await once(child, "close");
  return { code: child.exitCode, ...text };
}

/** One that must be done, with its JSON. */
export async function signetJson<Value>(settings: Settings, args: readonly string[], input = ""): Promise<Value> {
  const { code, stdout, stderr } = await signet(settings, [...args, "--json"], input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Value;
}

/** A command that goes on until it is told to end. */
export function startSignet(settings: Settings, args: readonly string[]) {
  const { child, text } = launch(main, args, settings);
  return {
    output: () => text.stdout,
    async stop(): Promise<number | null> {
      child.kill("SIGINT");
      if (child.exitCode === null) await once(child, "close");
      return child.exitCode;
    },
  };
}

export interface RunningServer {
  url: string;
  settings: Settings;
  output(): string;
  stop(): Promise<void>;
}

/** Starts a server and waits until it is ready. */
export async function startServer(given: Settings): Promise<RunningServer> {
  const port = String(await freePort());
  const url = `http://localhost:${port}`;
  const settings = { PORT: port, APP_URL: url, ...given };
  const { child, text } = launch(server, [], settings);
  const output = () => text.stdout + text.stderr;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`The server ended: ${output()}`);
    return (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200;
  });
  return {
    url,
    settings,
    output,
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "close");
    },
  };
}

export async function until(isSo: () => Promise<boolean>, limitMs = 30_000): Promise<void> {
  for (
    const giveUpAt = Date.now() + limitMs;
    !(await isSo());
    await new Promise((resolve) => setTimeout(resolve, 20))
  ) {
    if (Date.now() > giveUpAt) throw new Error("It did not come to that.");
  }
}

function launch(program: string, args: readonly string[], settings: Settings) {
  const { PATH = "", HOME = "" } = process.env;
  const child: ChildProcess = spawn(process.execPath, [program, ...args], {
    env: { PATH, HOME, NODE_ENV: "production", ...settings },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const text = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (text.stderr += chunk.toString()));
  return { child, text };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return address.port;
}
