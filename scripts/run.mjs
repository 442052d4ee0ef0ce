// Runs commands for the scripts beside it: from the root, without a shell (folder names may have spaces), ended with us.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** pnpm comes through npx, pinned, so that nothing has to be installed globally. */
const pnpmVersion = "12.21.0";

export const quietTools = {
  TURBO_TELEMETRY_DISABLED: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
  PRISMA_HIDE_UPDATE_MESSAGE: "1",
};

/**
 * Runs a command to its end.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined>, capture?: boolean }} [options] `capture` keeps the output back
 *   and shows it only when the command fails.
 * @returns {Promise<{ code: number, output: string }>}
 */
export async function run(command, args, { env = {}, capture = false } = {}) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...quietTools, ...env },
    stdio: ["ignore", capture ? "pipe" : "inherit", capture ? "pipe" : "inherit"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
  const end = () => child.kill("SIGTERM");
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  try {
    const [code, signal] = await once(child, "close");
    if (signal !== null) process.exit(1);
    return { code, output };
  } finally {
    process.off("SIGTERM", end);
    process.off("SIGINT", end);
  }
}

/** @param {string[]} args @param {Parameters<typeof run>[2]} [options] */
export function pnpm(args, options) {
  return run("npx", ["--yes", `pnpm@${pnpmVersion}`, ...args], options);
}

/** @param {string} name of a command in node_modules/.bin @param {string[]} args @param {Parameters<typeof run>[2]} [options] */
export function tool(name, args, options) {
  return run(`${root}node_modules/.bin/${name}`, args, options);
}

/** Ends this process with one sentence, after what the failed command had to say. @returns {never} */
export function stop(sentence, output = "") {
  process.stderr.write(`${output.trimEnd()}\n\n${sentence}\n`);
  process.exit(1);
}
