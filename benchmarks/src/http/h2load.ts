// Load at a set rate, whatever the answers do: wrk knows no rate, and a load in JavaScript stops for its own garbage collections, which
// would count as the server's. h2load speaks HTTP/1.1, too.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { onCore } from "../machine.ts";
import { percentile } from "../results.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";
import { loadCore } from "./running-server.ts";
import type { Load } from "./wrk.ts";

export interface PacedResult {
  p50Ms: number;
  p99Ms: number;
  /** How many were answered in the time that was given, of those that were due. */
  answeredPart: number;
}

const warmUpSeconds = 1;
const microsecondsPerMs = 1_000;

/** Each connection has its part of the rate. A single answer that is not a good one, and the numbers mean nothing. */
export async function runH2load(load: Load & { perSecond: number }): Promise<PacedResult> {
  const { url, headers, seconds, connections, perSecond } = load;
  const folder = createTemporaryFolder();
  try {
    const logPath = join(folder.path, "requests.log");
    const time = [`--duration=${seconds}`, `--warm-up-time=${warmUpSeconds}`, `--rps=${perSecond / connections}`];
    const options = ["--h1", `--clients=${connections}`, ...time, `--log-file=${logPath}`];
    const lines = headers.flatMap((line) => ["-H", line]);
    const [program = "", ...args] = onCore(loadCore, ["h2load", ...options, ...lines, url]);
    const { stdout } = await promisify(execFile)(program, args);
    if (!/ 0 failed, 0 errored, 0 timeout/.test(stdout)) throw new Error(`Not every answer was good:\n${stdout}`);
    const latenciesMs = readLog(logPath);
    return {
      p50Ms: percentile(latenciesMs, 0.5),
      p99Ms: percentile(latenciesMs, 0.99),
      answeredPart: latenciesMs.length / (perSecond * seconds),
    };
  } finally {
    folder.remove();
  }
}

/** A line for each request: when it began, its status, and how long it took, in microseconds. */
function readLog(path: string): number[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, status, microseconds] = line.split("\t");
      if (status !== "200") throw new Error(`Not every answer was good: ${line}`);
      return Number(microseconds) / microsecondsPerMs;
    });
}
