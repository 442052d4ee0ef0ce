// Load without a pause: wrk, on a core of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { onCore } from "../machine.ts";
import { loadCore } from "./running-server.ts";

export interface Load {
  url: string;
  /** Lines, as "Authorization: Bearer …". */
  headers: readonly string[];
  seconds: number;
  connections: number;
}

export interface LoadResult {
  requests: number;
  perSecond: number;
}

/** A single answer that is not a good one, and the number means nothing. */
export async function runWrk({ url, headers, seconds, connections }: Load): Promise<LoadResult> {
  const options = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s"];
  const lines = headers.flatMap((line) => ["-H", line]);
  const [program = "", ...args] = onCore(loadCore, ["wrk", ...options, ...lines, url]);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "close");
  process.off("exit", end);
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`Not every answer was good:\n${output}`);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  if (!(perSecond > 0)) throw new Error(`wrk did not say how many:\n${output}`);
  return { requests, perSecond };
}
