// What is checked and tested, as guarantees with names, in the order in which a failure is cheapest to learn.

import { chromium, wholeChromium } from "./chromium.mjs";
import { pnpm, run, tool } from "./run.mjs";

/** @typedef {{ guarantee: string, command: () => Promise<{ code: number, output: string }> }} Step */

const captured = { capture: true };
const buildAll = () => pnpm(["exec", "turbo", "run", "build", "--output-logs=errors-only"], captured);

/** @param {string[]} [options] */
async function browserTests(options = []) {
  const env = { CHROMIUM_PATH: await chromium(), WHOLE_CHROMIUM_PATH: wholeChromium() };
  return pnpm(["--dir", "e2e", "exec", "playwright", "test", ...options], { env });
}

/** @type {Step[]} */
export const check = [
  { guarantee: "files are formatted", command: () => tool("biome", ["ci", "."], captured) },
  { guarantee: "lint rules and room borders hold", command: () => tool("oxlint", ["--deny-warnings"], captured) },
  {
    guarantee: "the database client matches the schema",
    command: () => run(process.execPath, ["packages/db/scripts/generate.mjs"], captured),
  },
  { guarantee: "packages and the server compile", command: () => tool("tsc", ["-b"], captured) },
  { guarantee: "pages compile", command: () => tool("tsc", ["-p", "apps/web"], captured) },
  { guarantee: "tests compile", command: () => tool("tsc", ["-p", "tsconfig.tests.json"], captured) },
];

/** @type {Step[]} */
export const test = [
  ...check,
  {
    guarantee: "everything builds",
    command: buildAll,
  },
  { guarantee: "no code and no dependency is unused", command: () => tool("knip", [], captured) },
  {
    guarantee: "packages are shaped for publishing",
    command: () => run(process.execPath, ["scripts/publishable.mjs"], captured),
  },
  {
    guarantee: "links in the docs lead somewhere",
    command: () => run(process.execPath, ["scripts/doc-links.mjs"], captured),
  },
  {
    guarantee: "every requirement has a test or a reason",
    command: () => run(process.execPath, ["scripts/requirements.mjs", "--check"], captured),
  },
  {
    guarantee: "the walks of docs/use-in-your-app.md lead to apps that work",
    command: () => run(process.execPath, ["scripts/adoption.mjs"], captured),
  },
  { guarantee: "units and their neighbours work", command: () => tool("vitest", ["run"]) },
  {
    guarantee: "a person can use it in a browser",
    command: () => browserTests(),
  },
];

/** @type {Step} */
export const replicas = {
  guarantee: "replicas give no wrong answer, whatever happens to them",
  command: () => tool("vitest", ["run", "--config", "apps/api/test/replicas/vitest.config.ts"]),
};

/** @type {Step} */
export const load = {
  guarantee: "floods and slow clients are borne",
  command: () => tool("vitest", ["run", "--config", "apps/api/test/load/vitest.config.ts"]),
};

/** @type {Step[]} */
export const long = [
  { guarantee: "everything builds", command: buildAll },
  {
    guarantee: "sessions hold, in all rounds",
    command: () => tool("vitest", ["run", "--project", "db", "session-processes", "session-cut", "embedded"]),
  },
  {
    guarantee: "two whole servers on one database agree within a second",
    command: () => tool("vitest", ["run", "--project", "web", "two-replicas"]),
  },
  {
    guarantee: "the operator's commands do what they say, on both kinds of database",
    command: () => tool("vitest", ["run", "--project", "cli"]),
  },
  {
    guarantee: "nobody learns from the time an answer takes who has an account",
    command: () => tool("vitest", ["run", "--project", "api-server", "no-oracle"]),
  },
  {
    guarantee: "no request of a million breaks a server, or is answered as it should not be",
    command: () => tool("vitest", ["run", "--project", "api-server", "test/fuzz"]),
  },
  replicas,
  {
    guarantee: "what must be quick in a browser is, when nothing else runs",
    command: () => browserTests(["--grep", "@timed", "--workers", "1", "--repeat-each", "10"]),
  },
];
