// npm run dev: the compiler watches the packages, the server restarts when they change, pages reload by themselves.

import "./node-version.mjs";
import { spawn } from "node:child_process";

const { install } = await import("./prepare.mjs");
const { quietTools, root, run, stop, tool } = await import("./run.mjs");

await install();
const generated = await run(process.execPath, ["packages/db/scripts/generate.mjs"], { capture: true });
if (generated.code !== 0) stop("The database client could not be generated.", generated.output);
const compiled = await tool("tsc", ["-b"], { capture: true });
if (compiled.code !== 0) stop("The packages do not compile yet.", compiled.output);

const watchers = [
  watch(`${root}node_modules/.bin/tsc`, ["-b", "--watch", "--preserveWatchOutput"]),
  watch(process.execPath, [
    "--watch",
    "--watch-preserve-output",
    "--enable-source-maps",
    "apps/web/dist/server/main.js",
    "--dev",
  ]),
];
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => endAll(signal));
for (const watcher of watchers) {
  watcher.on("exit", (code) => {
    process.exitCode = code ?? 0;
    endAll("SIGTERM");
  });
}

/** @param {string} command @param {string[]} args */
function watch(command, args) {
  const env = { ...process.env, ...quietTools, NODE_ENV: "development" };
  // A process group each: what a tool starts by itself ends with it.
  return spawn(command, args, { cwd: root, env, stdio: "inherit", detached: true });
}

/** @param {NodeJS.Signals} signal */
function endAll(signal) {
  for (const { pid, exitCode, signalCode } of watchers) {
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
  }
}
