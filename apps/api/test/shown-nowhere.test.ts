// Secrets come from the environment, and whoever asks, listens or looks at the list of processes never sees one (SRV-10).

import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { raw, readiness, signUp } from "./requests.ts";
import { freePort, type RunningApi, startApi } from "./running-api.ts";

const limitMs = 60_000;
const cli = fileURLToPath(new URL("../../cli/dist/main.js", import.meta.url));
const newSecret = () => randomBytes(48).toString("base64url");

const clientSecret = newSecret();
const databasePassword = newSecret();
const providerSecret = newSecret();
const secrets = { first: newSecret(), former: newSecret(), clientSecret, databasePassword, providerSecret };
const shared = {
  AUTH_SECRET: `${secrets.first},${secrets.former}`,
  RESOURCE_SERVER_CLIENTS: `notes:${clientSecret}`,
  // Nothing listens on the first port of a machine.
  OIDC_EXAMPLE_ISSUER: "http://localhost:1",
  OIDC_EXAMPLE_CLIENT_ID: "signet",
  OIDC_EXAMPLE_CLIENT_SECRET: providerSecret,
  LOG_LEVEL: "trace",
};

let dataDir: string;
/** Two processes and the one of the database. */
let embedded: RunningApi;
/** One whose database is not there, so that everything goes wrong that can. */
let without: RunningApi;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  embedded = await startApi({ ...shared, DATA_DIR: dataDir, WORKERS: "2" });
  const DATABASE_URL = `postgresql://signet:${databasePassword}@127.0.0.1:${await freePort()}/signet`;
  without = await startApi({ ...shared, DATABASE_URL, WORKERS: "1" });
}, limitMs);

afterAll(async () => {
  await embedded?.stop();
  await without?.stop();
  await rm(dataDir, { recursive: true, force: true });
}, limitMs);

/** As it is, and in the forms that it takes on its way into headers, addresses and buffers. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, bytes.toString("base64").slice(0, 40), bytes.toString("hex"), secret.slice(0, 24), secret.slice(-24)];
}

function expectNoSecretIn(text: string, where: string): void {
  for (const [name, secret] of Object.entries(secrets)) {
    for (const form of formsOf(secret)) expect(text.includes(form), `${name} in ${where}`).toBe(false);
  }
}

const endpoints =
  "/healthz /readyz /metrics /.well-known/jwks.json /.well-known/oauth-authorization-server /api/protected";
const others =
  "/auth/session /auth/revocations?after=0 /api/trpc/auth.whoami /api/trpc/auth.listProviders /auth/oidc/example/callback?code=x&state=y /api/trpc/env /env /.env /debug /api/panel /config";
const requests = `${endpoints} ${others}`.split(" ").map((path) => ({ method: "GET", path, body: "" }));
const posts = [
  "/auth/issue-new-token",
  "/auth/refresh",
  "/auth/sign-out",
  "/auth/introspect",
  "/api/trpc/auth.signUp",
].flatMap((path) =>
  ["{", "{}", '{"__proto__":{"env":1}}', "process.env"].map((body) => ({ method: "POST", path, body })),
);

test(
  "no answer shows one: health, metrics, refusals, mistakes, a database that is away",
  async () => {
    for (const api of [embedded, without]) {
      for (const { method, path, body } of [...requests, ...posts]) {
        const head = `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n`;
        const credentials = `Authorization: Basic ${Buffer.from(`notes:${clientSecret}`).toString("base64")}\r\n`;
        for (const lines of ["", credentials, "Authorization: Basic bm90ZXM6d3Jvbmc=\r\n"]) {
          const answer = await raw(api.port, `${head}${lines}Content-Length: ${body.length}\r\n\r\n${body}`);
          expect(answer).toMatch(/^HTTP\/1\.1 \d/);
          expectNoSecretIn(answer, `the answer to ${method} ${path}`);
        }
      }
    }
    // Both have had something to say.
    expect(await readiness(embedded.url)).toMatchObject({ status: 200 });
    expect(await readiness(without.url)).toMatchObject({ status: 503, body: { checks: { database: "unreachable" } } });
  },
  limitMs,
);

test("no log shows one, at its most talkative, from start to end", async () => {
  expect((await signUp(embedded.url)).status).toBe(200);
  expect((await signUp(without.url)).status).toBe(503);
  for (const api of [embedded, without]) {
    expect(api.output().length).toBeGreaterThan(500);
    expectNoSecretIn(api.output(), "the log");
  }
  expect(without.output()).toContain("cannot be reached");
});

test("the list of processes shows none: nothing secret is an argument", () => {
  const all = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  expect(all).toContain(String(embedded.process.pid));
  expectNoSecretIn(all, "the list of processes");
});

test.skipIf(process.platform !== "linux")("the database's process is not given them", async () => {
  const children = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes("embedded-process.js") && line.includes(dataDir));
  expect(children.length).toBe(1);
  const environment = await readFile(`/proc/${Number.parseInt(children[0] ?? "", 10)}/environ`, "utf8");
  expectNoSecretIn(environment, "its environment");
  // What was looked at is an environment that others have them in.
  expect(await readFile(`/proc/${without.process.pid}/environ`, "utf8")).toContain(secrets.first);
});

test("no file in the data folder has one that came from outside", async () => {
  const files = await readdir(dataDir, { recursive: true, withFileTypes: true });
  expect(files.length).toBeGreaterThan(10);
  for (const file of files.filter((entry) => entry.isFile())) {
    const path = join(file.parentPath, file.name);
    expectNoSecretIn(await readFile(path, "latin1"), path);
  }
});

test.each<[name: string, settings: () => Record<string, string>]>([
  ["beside a server", () => ({ DATA_DIR: dataDir })],
  ["without a database", () => ({ DATABASE_URL: databaseUrl("postgresql") })],
  ["with an address of another database", () => ({ DATABASE_URL: databaseUrl("mysql") })],
  ["with one id twice", () => ({ RESOURCE_SERVER_CLIENTS: `notes:${clientSecret},notes:${clientSecret}` })],
])(
  "the operator's commands show none, %s",
  async (_name, settings) => {
    const { PATH = "", HOME = "" } = process.env;
    const env = { PATH, HOME, ...shared, ...settings() };
    for (const args of [["doctor"], ["keys", "list"]]) {
      const child = spawn(process.execPath, [cli, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
      await once(child, "close");
      expect(said.length).toBeGreaterThan(0);
      expectNoSecretIn(said, args.join(" "));
    }
  },
  limitMs,
);

function databaseUrl(scheme: string): string {
  return `${scheme}://signet:${databasePassword}@127.0.0.1:1/signet`;
}
