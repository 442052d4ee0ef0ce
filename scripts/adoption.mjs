// Follows docs/use-in-your-app.md as a reader would: applies every block that names a file to a small existing app, runs
// every command meant for it, builds it, starts it, signs up, and calls what is protected, with a token and without.
//
// The two apps in e2e/adoption know nothing of Signet. They are copied elsewhere and get it as packed files.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pnpm, quietTools, root, stop } from "./run.mjs";

const document = "docs/use-in-your-app.md";
const startTimeoutMs = 30_000;

/**
 * One walk: a chapter of the document and the app it is for.
 *
 * @typedef {{ name: string, heading: string, app: string, signetTrpc: string, appTrpc: string }} Walk
 */
/** @type {Walk[]} */
const walks = [
  {
    name: "Next.js",
    heading: "## A.",
    app: "next-app",
    signetTrpc: "/signet/api/trpc",
    appTrpc: "/api/trpc",
  },
  {
    name: "Vite",
    heading: "## B.",
    app: "vite-app",
    signetTrpc: "/api/trpc",
    appTrpc: "/trpc",
  },
];

/** What stopped the walk, in one sentence, and what was seen of it. */
class Stuck extends Error {
  /** @param {string} message @param {string} output */
  constructor(message, output) {
    super(message);
    this.output = output;
  }
}

const startedAt = performance.now();
const folder = mkdtempSync(join(tmpdir(), "signet-adoption-"));
/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();
process.on("exit", cleanUp);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const chapters = readFileSync(root + document, "utf8").split(/^(?=## )/m);
const only = process.argv.slice(2);
const chosen = walks.filter(({ app }) => only.length === 0 || only.includes(app));

await packInto(join(folder, "vendor"));
say("Signet", "packed");
try {
  await Promise.all(chosen.map(follow));
} catch (error) {
  if (error instanceof Stuck) stop(error.message, error.output);
  throw error;
}

/** @param {Walk} walk */
async function follow({ name, heading, app, signetTrpc, appTrpc }) {
  const dir = join(folder, app);
  cpSync(`${root}e2e/adoption/${app}`, dir, { recursive: true });
  cpSync(join(folder, "vendor"), join(dir, "vendor"), { recursive: true });

  const blocks = chapters.filter((text) => text.startsWith("## First") || text.startsWith(heading)).flatMap(blocksOf);
  const files = blocks.filter(({ language }) => language !== "sh");
  const lines = files.reduce((sum, block) => sum + apply(dir, block), 0);
  say(name, `${lines} lines in ${files.length} files`);

  for (const { title, text } of blocks) {
    if (title === "in your app") await shell(name, dir, text);
  }
  say(name, "installed");

  await shell(name, dir, "npm run build");
  say(name, "type-checked and built");

  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const server = startIn(dir, { PORT: String(port), API_PORT: String(await freePort()), APP_URL: origin });
  await untilAnswers(name, server, `${origin}${appTrpc}/list`);
  await use(name, server, origin + signetTrpc, origin + appTrpc);
  end(server.child);
  say(name, "signs up, lets in who has a token, and refuses all others with a reason");
}

/**
 * @param {string} name
 * @param {Server} server
 * @param {string} signet where the API of Signet is
 * @param {string} own where the app's is
 */
async function use(name, server, signet, own) {
  const credentials = JSON.stringify({ username: "ada", password: "correct horse battery staple" });
  const signedUp = await ask(`${signet}/auth.signUp`, { method: "POST", body: credentials });
  const token = signedUp.body.result?.data?.accessToken;
  expect(signedUp.status === 200 && typeof token === "string", "signing up gives a token", signedUp);

  const mine = await ask(`${own}/mine`, bearer(token));
  expect(mine.status === 200 && JSON.stringify(mine.body).includes("The notes of ada"), "a token opens `mine`", mine);

  for (const [what, init, reason] of /** @type {const} */ ([
    ["no token", {}, "token_missing"],
    ["a token that was changed", bearer(withOtherSignature(token)), "token_invalid"],
  ])) {
    const refused = await ask(`${own}/mine`, init);
    const data = refused.body.error?.json?.data ?? refused.body.error?.data;
    expect(refused.status === 401 && data?.reason === reason, `${what} gets 401 ${reason}`, refused);
  }

  const list = await ask(`${own}/list`);
  expect(list.status === 200, "what was open before is still open", list);
  const nothing = await ask(`${own}/nothing`);
  expect(nothing.status === 404, "the app's own errors stay its own", nothing);

  /** @param {unknown} holds @param {string} guarantee @param {object} answer */
  function expect(holds, guarantee, answer) {
    if (holds) return;
    throw new Stuck(`${name}: not so: ${guarantee}.`, `${server.output()}\n${JSON.stringify(answer)}`);
  }
}

/** @param {string} token */
function bearer(token) {
  return { headers: { Authorization: `Bearer ${token}` } };
}

/** One character in the middle of the signature is another one. @param {string} token */
function withOtherSignature(token) {
  const at = token.length - 20;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}

/** @param {string} url @param {RequestInit} [init] */
async function ask(url, init = {}) {
  const headers = { "Content-Type": "application/json", ...init.headers };
  const response = await fetch(url, { ...init, headers });
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : { text: text.slice(0, 500) } };
}

// --- the document ----------------------------------------------------------------------------------------------------

/** @typedef {{ language: string, title: string, text: string }} Block */

/** @param {string} chapter @returns {Block[]} */
function blocksOf(chapter) {
  const found = chapter.matchAll(/^```(\w+) title="([^"]+)"\n([\s\S]*?)^```$/gm);
  return [...found].map(([, language = "", title = "", text = ""]) => ({ language, title, text }));
}

/** Writes a new file, or changes one as a diff says. @param {string} dir @param {Block} block @returns how many lines were added */
function apply(dir, { language, title, text }) {
  const path = join(dir, title);
  if (language !== "diff") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: "wx" });
    return text.split("\n").filter((line) => line.trim() !== "").length;
  }
  let content = readFileSync(path, "utf8");
  for (const hunk of text.split(/^@@\n/m)) {
    const lines = hunk.split(/(?<=\n)/);
    const without = (/** @type {string} */ sign) =>
      lines
        .filter((line) => !line.startsWith(sign))
        .map((line) => line.replace(/^[ +-]/, ""))
        .join("");
    const parts = content.split(without("+"));
    if (parts.length !== 2) {
      throw new Stuck(`${document}: this change of ${title} fits ${parts.length - 1} places in the app.`, hunk);
    }
    content = parts.join(without("-"));
  }
  writeFileSync(path, content);
  return text.split("\n").filter((line) => /^\+./.test(line)).length;
}

// --- commands and servers --------------------------------------------------------------------------------------------

/** @param {string} destination */
async function packInto(destination) {
  const { code, output } = await pnpm(["--filter", "./packages/*", "-r", "pack", "--pack-destination", destination], {
    capture: true,
  });
  if (code !== 0) stop("The packages could not be packed.", output);
}

/** @typedef {{ child: import("node:child_process").ChildProcess, output: () => string }} Server */

/** Its own process group, so that what it starts ends with it. @param {string} dir @param {string} script @param {Record<string, string>} [env] @returns {Server} */
function begin(dir, script, env = {}) {
  const child = spawn("sh", ["-ec", script], {
    cwd: dir,
    env: { ...process.env, ...quietTools, npm_config_audit: "false", npm_config_fund: "false", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  children.add(child);
  child.once("close", () => children.delete(child));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
  return { child, output: () => output };
}

/** @param {string} name @param {string} dir @param {string} script */
async function shell(name, dir, script) {
  const { child, output } = begin(dir, script);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Stuck(`${name}: this command fails: ${script.trim().split("\n").at(0)}`, output());
}

/** @param {string} dir @param {Record<string, string>} env */
function startIn(dir, env) {
  return begin(dir, "npm start", env);
}

/** @param {string} name @param {Server} server @param {string} url */
async function untilAnswers(name, server, url) {
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    if (server.child.exitCode !== null || performance.now() > deadline) {
      throw new Stuck(`${name}: the app does not start.`, server.output());
    }
    await sleep(100);
  }
}

/** Ends a command and all that it started; nothing here is worth a farewell. @param {import("node:child_process").ChildProcess} child */
function end(child) {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

function cleanUp() {
  for (const child of children) end(child);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** @param {string} name @param {string} message */
function say(name, message) {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(3);
  process.stdout.write(`${seconds} s  ${name}: ${message}\n`);
}
