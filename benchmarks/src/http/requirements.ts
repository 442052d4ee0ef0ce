// What this part needs of the machine, and how to get it. What is missing is said aloud, and only the rows that need it are left out.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { startTestPostgres, type TestPostgres } from "@signet/db/testing";
import { canPin, firstLineOf, hasCommand } from "../machine.ts";
import { repositoryDir } from "../options.ts";
import { tell } from "../progress.ts";
import type { LeftOut } from "../results.ts";
import { nextApp } from "./variants.ts";

const pythonModules = "fastapi, uvicorn, jose";

/** What of this part cannot be measured at all. */
export function missingForLoad(): LeftOut | undefined {
  if (hasCommand("wrk")) return undefined;
  return {
    what: "load over HTTP",
    why: "There is no wrk. On Debian: apt-get install wrk; on macOS: brew install wrk.",
  };
}

/** What makes a load at a set rate. */
export function missingForLatency(): LeftOut | undefined {
  if (hasCommand("h2load")) return undefined;
  return {
    what: "latency at four fifths of the load",
    why: "There is no h2load. On Debian: apt-get install nghttp2-client; on macOS: brew install nghttp2.",
  };
}

export function warnWhenNotPinned(): LeftOut[] {
  if (canPin) return [];
  const why = "Two cores and taskset are needed (Linux; on Debian: apt-get install util-linux).";
  return [{ what: "a core each for server and load: they share what there is, so all figures are too low", why }];
}

/** The system's own first: a version manager's has no packages of the system. */
export function findPython(): string | LeftOut {
  const found = ["/usr/bin/python3", "python3"].find(
    (command) => firstLineOf(command, ["-c", `import ${pythonModules}; print("here")`]) === "here",
  );
  const why = `There is no python3 with ${pythonModules}. On Debian: apt-get install python3-fastapi python3-uvicorn python3-jose.`;
  return found ?? { what: "FastAPI + python-jose", why };
}

export async function startPostgres(): Promise<TestPostgres | LeftOut> {
  try {
    return await startTestPostgres({ durable: true });
  } catch (error) {
    const why = `PostgreSQL did not start: ${error instanceof Error ? error.message : String(error)}`;
    return { what: "better-auth over PostgreSQL", why };
  }
}

/** Next.js needs a build: once, half a minute. */
export async function buildNextApp(): Promise<LeftOut | undefined> {
  if (existsSync(`${nextApp}/.next/BUILD_ID`)) return undefined;
  tell("Building the small Next.js app (once; half a minute or so) …");
  const next = `${repositoryDir}benchmarks/node_modules/next/dist/bin/next`;
  try {
    const env = { ...process.env, NODE_ENV: "production" as const, NEXT_TELEMETRY_DISABLED: "1" };
    await promisify(execFile)(process.execPath, [next, "build"], { cwd: nextApp, env });
    return undefined;
  } catch (error) {
    return {
      what: "Next.js, route handlers of a small app",
      why: `next build failed: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
