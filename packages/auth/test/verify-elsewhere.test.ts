// The examples of docs/verify-elsewhere.md, run as they stand there against an issuer over real HTTP.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../src/clock.ts";
import type { RemoteVerifier } from "../src/remote-verifier.ts";
import { fixedClock } from "../src/testing.ts";
import { byTimer } from "../src/within-time.ts";
import { listen, toListener } from "./adapters/adapter-scene.ts";
import { client, createTestIssuer, type TestIssuer } from "./remote-scene.ts";

const page = readFileSync(new URL("../../../docs/verify-elsewhere.md", import.meta.url), "utf8");
const folder = new URL("../dist/.verify-elsewhere/", import.meta.url);
const examples = new Map(
  [...page.matchAll(/```ts title="([^"]+)"\n([\s\S]*?)```/g)].map(([, name = "", code = ""]) => [name, code]),
);
const audience = "https://notes.example";

let issuer: TestIssuer;
let verifier: RemoteVerifier;
const servers: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  const server = await listen(toListener((request) => issuer.handle(request)));
  servers.push(server);
  issuer = await createTestIssuer({ clock: fixedClock(systemClock()), schedule: byTimer }, server.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, code] of examples) {
    const imports = code
      .replaceAll(/"@signet\/auth\/(\w+)"/g, '"../../src/$1.ts"')
      .replaceAll("https://app.example", server.url);
    writeFileSync(new URL(name, folder), imports);
  }
  process.env["CLIENT_SECRET"] = client.secret;
  ({ verifier } = await load<{ verifier: RemoteVerifier }>("verifier.ts"));
});

afterAll(async () => {
  delete process.env["CLIENT_SECRET"];
  await verifier.stop();
  for (const server of servers) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const load = async <Exports>(name: string) =>
  (await import(pathToFileURL(new URL(name, folder).pathname).href)) as Exports;

const bearer = async (scope: string) => ({ Authorization: `Bearer ${await issuer.sign({ aud: audience, scope })}` });

/** Whoever holds a token may read, and with its scope write. */
async function expectProtected(ask: (init: RequestInit) => Promise<Response>): Promise<void> {
  expect((await ask({})).status).toBe(401);
  expect(await (await ask({ headers: await bearer("") })).json()).toEqual({ hello: "ada" });
  expect((await ask({ method: "POST", headers: await bearer("") })).status).toBe(403);
  const written = await ask({ method: "POST", headers: await bearer("notes:write") });
  expect(await written.json()).toEqual({ by: "user-1" });
}

async function serve(listener: RequestListener): Promise<string> {
  const server = await listen(listener);
  servers.push(server);
  return server.url;
}

test("the page has an example for each adapter, and every one of them is run here", () => {
  const names = ["verifier.ts", "notes.ts", "express-app.ts", "fastify-app.ts", "hono-app.ts", "trpc-app.ts"];
  expect([...examples.keys()]).toEqual(names);
});

test("fetch", async () => {
  const { GET, POST } = await load<Record<"GET" | "POST", (request: Request) => Promise<Response>>>("notes.ts");
  await expectProtected((init) => (init.method === "POST" ? POST : GET)(new Request("https://notes.example/", init)));
});

test("Express", async () => {
  const { app } = await load<{ app: RequestListener }>("express-app.ts");
  const url = await serve(app);
  await expectProtected((init) => fetch(`${url}/notes`, init));
});

test("Fastify", async () => {
  const { app } = await load<{ app: { listen(at: object): Promise<string>; close(): Promise<void> } }>(
    "fastify-app.ts",
  );
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  servers.push(app);
  await expectProtected((init) => fetch(`${url}/notes`, init));
});

test("Hono", async () => {
  const { app } = await load<{ app: { request(path: string, init: RequestInit): Promise<Response> } }>("hono-app.ts");
  await expectProtected(async (init) => app.request("/notes", init));
});

test("tRPC", async () => {
  const { handle } = await load<{ handle(request: Request): Promise<Response> }>("trpc-app.ts");
  await expectProtected(async (init) => {
    const path = init.method === "POST" ? "add" : "hello";
    const headers = { ...init.headers, "Content-Type": "application/json" };
    const response = await handle(new Request(`https://notes.example/trpc/${path}`, { ...init, headers }));
    const { result } = (await response.json()) as { result?: { data: unknown } };
    return Response.json(result?.data ?? {}, { status: response.status });
  });
});

test("a session that ends is refused by all of them, as they share one verifier", async () => {
  const headers = { Authorization: `Bearer ${await issuer.sign({ aud: audience, sid: "s" })}` };
  const { GET } = await load<{ GET(request: Request): Promise<Response> }>("notes.ts");
  const ask = async () => (await GET(new Request("https://notes.example/", { headers }))).status;
  expect(await ask()).toBe(200);
  issuer.revoke("session", "s");
  while (verifier.status().revocationEntries === 0) await new Promise((resolve) => void setTimeout(resolve, 2));
  expect(await ask()).toBe(401);
});
