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

/** Runs an example as a file of this app, so that packages are found as they are from any of its files. */
async function run(code: string, given: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const extension = code.includes("/>") ? "tsx" : "ts";
  const file = fileURLToPath(new URL(`./readme-${randomBytes(4).toString("hex")}.${extension}`, import.meta.url));
  Object.assign(globalThis, { given });
  const names = Object.keys(given).map((name) => `const ${name} = (globalThis as any).given.${name};\n`);
  await writeFile(file, names.join("") + code.replaceAll("http://localhost:3000", server.url));
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(file);
  }
}

async function signUp() {
  const username = `ada-${randomBytes(4).toString("hex")}`;
  const answer = await fetch(`${server.url}/api/trpc/auth.signUp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password: "correct horse battery staple" }),
  });
  return { username, token: String((await answer.json()).result.data.accessToken) };
}

describe("the README", () => {
  test("From Node: signs in, calls, is refused", async () => {
    const { username } = await signUp();
    const example = exampleUnder("From Node");
    const said = [...example.matchAll(/\/\/ (\w+)$/gm)].map(([, word]) => word);
    expect(said).toEqual(["ada", "token_missing"]);
    const printed: unknown[] = [];
    await run(example.replace('"ada"', JSON.stringify(username)), {
      console: { log: (text: unknown) => printed.push(text) },
    });
    expect(printed).toEqual([username, "token_missing"]);
  });

  test("In React: provider, guard and hook are where the example takes them from", async () => {
    expect(await run(exampleUnder("In React"), { auth: undefined })).toMatchObject({ App: expect.any(Function) });
  });

  test("In another service: verifies a token with the published keys alone", async () => {
    const { username, token } = await signUp();
    const printed: unknown[] = [];
    const example = `${exampleUnder("In another service")}\nprinted.push(claims.preferred_username);`;
    await run(example, { token, printed });
    expect(printed).toEqual([username]);
  });

  test("Your own procedures and endpoints: guards a handler in both ways", async () => {
    const verifier = { verify: async () => ({ preferred_username: "ada", scope: "" }) };
    const example = await run(exampleUnder("Your own procedures and endpoints"), { verifier });
    const { GET, POST } = example as Record<string, (request: Request) => Promise<Response>>;
    const request = () => new Request(server.url, { headers: { authorization: "Bearer a.b.c" } });
    expect(await (await GET?.(request()))?.json()).toEqual({ ok: true });
    expect(await (await POST?.(request()))?.json()).toEqual({ hello: "ada" });
    expect((await GET?.(new Request(server.url)))?.status).toBe(401);
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
