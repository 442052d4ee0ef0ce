// A built server as a process of its own that is watched: all it prints, and what its observer tells.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "../running-api.ts";
import { createLogWatch, type LogWatch } from "./log-watch.ts";

const observer = fileURLToPath(new URL("./observer.mjs", import.meta.url));

export interface Observation {
  rss: number;
  /** After collecting. */
  heapUsed: number;
  longestTurnMs: number;
  longestCollectionMs: number;
  uncaught: string[];
}

export interface ObservedServer {
  url: string;
  port: number;
  log: LogWatch;
  observe(): Promise<Observation>;
  isAlive(): boolean;
  /** @returns its exit code */
  stop(): Promise<number | null>;
}

/** @param main From the repository's root. */
export async function startObserved(main: string, settings: Record<string, string>): Promise<ObservedServer> {
  const port = Number(settings["PORT"] ?? (await freePort()));
  const { PATH = "", HOME = "" } = process.env;
  const program = fileURLToPath(new URL(`../../../../${main}`, import.meta.url));
  const child = spawn(process.execPath, ["--expose-gc", "--import", observer, program], {
    env: {
      PATH,
      HOME,
      NODE_ENV: "production",
      NEXT_TELEMETRY_DISABLED: "1",
      LOG_LEVEL: "debug",
      PORT: String(port),
      ...settings,
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const log = createLogWatch();
  child.stdout?.on("data", (bytes: Buffer) => log.addOutput(bytes));
  child.stderr?.on("data", (bytes: Buffer) => log.addError(bytes));
  const ended = once(child, "close").then(() => child.exitCode);
  const uncaught: string[] = [];
  child.on("message", (message: Partial<Observation>) => {
    if (message.rss === undefined) uncaught.push(...(message.uncaught ?? []));
  });

  for (;;) {
    if (child.exitCode !== null) throw new Error(`${main} ended: ${log.text()}`);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    await ready?.body?.cancel();
    if (ready?.status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    log,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async observe() {
      const answer = once(child, "message");
      child.send("observe");
      const [observation]: Observation[] = await answer;
      if (observation?.rss === undefined) throw new Error(`The server has ended: ${uncaught.join("\n")}`);
      return { ...observation, uncaught: [...uncaught, ...observation.uncaught] };
    },
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}
