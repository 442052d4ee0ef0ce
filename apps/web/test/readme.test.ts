// The examples of the README do what it says.

import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "./running-server.ts";

const startLimitMs = 60_000;
let dataDir: string;
let server: RunningServer;
let readme: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "signet-readme-"));
  server = await startServer(dataDir);
  readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
}, startLimitMs);

afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}, startLimitMs);

/** The first code block after a heading. */
function exampleUnder(heading: string): string {
  const section = readme.slice(readme.indexOf(`### ${heading}\n`));
  const [, code] = /```tsx?\n([\s\S]*?)```/.exec(section) ?? [];
  if (code === undefined) throw new Error(`There is no example under "${heading}".`);
  return code;
}

describe("the README", () => {
  test("From Node: signs in, calls, is refused", async () => {
    const username = `ada-${randomBytes(4).toString("hex")}`;
    const password = "correct horse battery staple";
    await fetch(`${server.url}/api/trpc/auth.signUp`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username, password }),
    });
    const example = exampleUnder("From Node");
    const said = [...example.matchAll(/\/\/ (\w+)$/gm)].map(([, word]) => word);
    expect(said).toEqual(["ada", "token_missing"]);

    // Beside this file, so that packages are found as they are from any file of this app.
    const file = fileURLToPath(new URL(`./readme-example-${process.pid}.ts`, import.meta.url));
    const code = example
      .replaceAll("http://localhost:3000", server.url)
      .replace('"ada"', JSON.stringify(username))
      .replaceAll("console.log(", "globalThis.printed.push(");
    const printed: string[] = [];
    Object.assign(globalThis, { printed });
    await writeFile(file, code);
    try {
      await import(pathToFileURL(file).href);
    } finally {
      await rm(file);
    }
    expect(printed).toEqual([username, "token_missing"]);
  });

  test("Try it: the commands do what is written behind them", async () => {
    const commands = readme.match(/```sh\n([\s\S]*?)```/)?.[1] ?? "";
    expect(commands).toContain("/api/trpc/auth.signUp");
    const [, credentials = ""] = /-u '([^']+)'/.exec(commands) ?? [];
    const [, body = ""] = /-d '([^']+)'/.exec(commands) ?? [];
    const json = { "content-type": "application/json" };
    const signedUp = await fetch(`${server.url}/api/trpc/auth.signUp`, { method: "POST", headers: json, body });
    expect(signedUp.status).toBe(200);
    const issued = await fetch(`${server.url}/auth/issue-new-token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(credentials)}` },
    });
    const { access_token: token } = await issued.json();
    const answer = await fetch(`${server.url}/api/protected`, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.json()).toMatchObject({ claims: { preferred_username: "ada" } });
  });
});
