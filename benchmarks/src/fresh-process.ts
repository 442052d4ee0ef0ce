// Runs a program of ours to its end in a process of its own, on a core of its own or on all of them, and reads its answer.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { onCore } from "./machine.ts";

export interface FreshProcess {
  /** Relative to the folder of the built files, as "tokens/process.js". */
  program: string;
  args: readonly string[];
  /** Undefined for all of them. */
  core: number | undefined;
  nodeOptions?: readonly string[];
}

const run = promisify(execFile);
const maxAnswerBytes = 64 * 1024 * 1024;

/** @returns What it wrote on stdout, as JSON. */
export async function askFreshProcess(options: FreshProcess): Promise<unknown> {
  const { program, args, core, nodeOptions = [] } = options;
  const path = fileURLToPath(new URL(`./${program}`, import.meta.url));
  const whole = [process.execPath, ...nodeOptions, path, ...args];
  const [command = "", ...rest] = core === undefined ? whole : onCore(core, whole);
  const answering = run(command, rest, { maxBuffer: maxAnswerBytes });
  // Whatever ends us ends it.
  const end = () => answering.child.kill("SIGKILL");
  process.once("exit", end);
  try {
    return JSON.parse((await answering).stdout);
  } finally {
    process.off("exit", end);
  }
}
