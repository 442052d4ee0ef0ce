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

const env = { ...process.env, ...quietTools, NODE_ENV: "development" };
const children = [
  spawn(`${root}node_modules/.bin/tsc`, ["-b", "--watch", "--preserveWatchOutput"], {
    cwd: root,
    env,
    stdio: "inherit",
  }),
  spawn(
    process.execPath,
    ["--watch", "--watch-preserve-output", "--enable-source-maps", "apps/web/dist/server/main.js", "--dev"],
    {
      cwd: root,
      env,
      stdio: "inherit",
    },
  ),
];
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => children.forEach((child) => child.kill(signal)));
for (const child of children)
  child.on("exit", (code) => {
    children.forEach((other) => other.kill("SIGTERM"));
    process.exitCode = code ?? 1;
  });
