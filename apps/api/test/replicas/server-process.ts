// One server of the rig: a process on a port of its own, that can be ended either way and started again, and that a balancer watches.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../running-api.ts";

export interface ServerProcess {
  name: string;
  url: string;
  /** Whether requests go there: it answers, and is neither starting nor stopping. */
  readonly isUp: boolean;
  /** When it was last killed, as `performance.now()` has it. */
  readonly killedAt: number;
  start(): Promise<void>;
  /** @returns the exit code; null after SIGKILL */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const probeMs = 100;

export async function createServerProcess(
  name: string,
  program: string,
  settings: Record<string, string>,
): Promise<ServerProcess> {
  const port = Number(settings["PORT"] ?? (await freePort()));
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let output = "";
  let isUp = false;
  let killedAt = Number.NEGATIVE_INFINITY;

  async function probe(): Promise<void> {
    const answer = await fetch(`${url}/readyz`, { headers: { connection: "close" } }).catch(() => undefined);
    const text = (await answer?.text().catch(() => "")) ?? "";
    // One that lost its database still verifies; one that starts or stops should be left alone.
    isUp = text.includes('"checks"') && !/stopping|in progress|not loaded/.test(text);
  }

  return {
    name,
    url,
    get isUp() {
      return isUp;
    },
    get killedAt() {
      return killedAt;
    },
    async start() {
      const { PATH = "", HOME = "" } = process.env;
      output = "";
      const started = spawn(process.execPath, [fileURLToPath(new URL(`../../../../${program}`, import.meta.url))], {
        env: { PATH, HOME, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", PORT: String(port), ...settings },
        stdio: ["ignore", "pipe", "pipe"],
      });
      child = started;
      for (const stream of [started.stdout, started.stderr])
        stream.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-8_000)));
      while (!isUp) {
        if (started.exitCode !== null) throw new Error(`${name} ended: ${output}`);
        await probe();
        await wait(20);
      }
      const probing = setInterval(() => void probe(), probeMs);
      started.once("exit", () => {
        clearInterval(probing);
        isUp = false;
      });
    },
    async stop(signal = "SIGTERM") {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
      if (signal === "SIGKILL") {
        killedAt = performance.now();
        isUp = false;
      }
      const ended = once(child, "exit");
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}
