// Real processes for tests: each says what happens over IPC, and none outlives its test.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";

export interface TestProcess {
  child: ChildProcess;
  /** Everything it has said so far. */
  said: Record<string, unknown>[];
  /** The first thing that it says, or has said, about `topic`. */
  hears(topic: string): Promise<unknown>;
  tell(message: string): void;
  exited: Promise<unknown>;
}

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});

export function startProcess(script: URL, ...args: string[]): TestProcess {
  const child = fork(fileURLToPath(script), args, { execArgv: [] });
  running.add(child);
  const exited = once(child, "exit").then(() => running.delete(child));
  const said: Record<string, unknown>[] = [];
  child.on("message", (message) => {
    said.push(typeof message === "string" ? { [message]: true } : (message as Record<string, unknown>));
  });
  return {
    child,
    said,
    exited,
    tell: (message) => child.send(message),
    async hears(topic) {
      for (;;) {
        const found = said.find((message) => topic in message);
        if (found !== undefined) return found[topic];
        await Promise.race([once(child, "message"), exited]);
        if (child.exitCode !== null || child.signalCode !== null) {
          const last = said.find((message) => topic in message);
          if (last === undefined) throw new Error(`The process ended without a word about "${topic}".`);
        }
      }
    },
  };
}

/** The processes that show a claim on the folder of an embedded database. */
export function claimants(dataDir: string): number[] {
  return readdirSync(join(dataDir, "postgres")).flatMap((name) => {
    const pid = /^owner-(\d+)-/.exec(name)?.[1];
    return pid === undefined ? [] : [Number(pid)];
  });
}
