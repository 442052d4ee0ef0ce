// A server whose database user may change rows and nothing else (SRV-11): by the very statements that docs/operate.md tells operators.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startTestPostgres, type TestPostgres } from "@signet/db/testing";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readiness, signUp, whoIs } from "./requests.ts";
import { type RunningApi, startApi } from "./running-api.ts";

const limitMs = 120_000;
const cli = fileURLToPath(new URL("../../cli/dist/main.js", import.meta.url));
const page = readFileSync(new URL("../../../docs/operate.md", import.meta.url), "utf8");
const AUTH_SECRET = randomBytes(48).toString("base64url");

let postgres: TestPostgres;
let owner: string;
let rows: string;
let api: RunningApi;

beforeAll(async () => {
  postgres = await startTestPostgres();
  await sql(postgres.connectionString, "CREATE ROLE owner LOGIN CREATEROLE");
  await sql(postgres.connectionString, "CREATE DATABASE signet OWNER owner");
  owner = addressOf("owner");
  rows = addressOf("signet");
  signet(owner, "migrate");
  await sql(owner, statementsOf(page).replace("'…'", `'${randomBytes(16).toString("hex")}'`));
  api = await startApi({ DATABASE_URL: rows, MIGRATE_ON_START: "false", AUTH_SECRET, WORKERS: "1" });
}, limitMs);

afterAll(async () => {
  await api?.stop();
  await postgres?.stop();
}, limitMs);

function addressOf(user: string): string {
  const url = new URL(postgres.connectionString);
  url.username = user;
  url.pathname = "/signet";
  return url.href;
}

function statementsOf(text: string): string {
  const [, statements] = /```sql\n(CREATE ROLE signet [\s\S]*?)```/.exec(text) ?? [];
  if (statements === undefined) throw new Error("docs/operate.md has no statements for least rights any more.");
  return statements;
}

/** An operator's command. */
function signet(databaseUrl: string, ...args: string[]): string {
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, DATABASE_URL: databaseUrl, AUTH_SECRET };
  return execFileSync(process.execPath, [cli, ...args], { env, encoding: "utf8", stdio: "pipe" });
}

async function sql(connectionString: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test(
  "everything that people and operators do works, keys included",
  async () => {
    expect(await readiness(api.url)).toMatchObject({ status: 200 });
    const { accessToken, refreshToken, status } = await signUp(api.url);
    expect(status).toBe(200);
    expect((await whoIs(api.url, accessToken)).status).toBe(200);

    const send = (path: string, body: object) =>
      fetch(api.url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const refreshed = await send("/auth/refresh", { refresh_token: refreshToken });
    expect(refreshed.status).toBe(200);
    const { refresh_token: successor } = await refreshed.json();
    expect((await send("/auth/sign-out", { refresh_token: successor })).status).toBe(204);
    await expect.poll(async () => (await whoIs(api.url, accessToken)).status, { timeout: 5_000 }).toBe(401);

    signet(rows, "keys", "rotate");
    expect(signet(rows, "keys", "list")).toMatch(/signing/);
    expect(signet(rows, "audit")).toMatch(/sign_up/);
    expect(api.output()).not.toMatch(/permission denied|must be owner|"level":[56]0/);
  },
  limitMs,
);

test.each([
  "CREATE TABLE more (id text)",
  "ALTER TABLE users ADD more text",
  "ALTER TABLE users DISABLE TRIGGER ALL",
  "DROP TABLE sessions",
  "TRUNCATE sessions",
  "CREATE INDEX more ON users (id)",
  "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  "CREATE SCHEMA more",
  "CREATE ROLE more",
  "COPY users TO PROGRAM 'true'",
  "SELECT pg_read_file('/etc/hostname')",
  "SET ROLE owner",
])("%s is beyond this user", async (statement) => {
  await expect(sql(rows, statement)).rejects.toThrow(/permission denied|must be owner|must be superuser/);
});

test("what the next migration brings can be used without another grant", async () => {
  await sql(owner, "CREATE TABLE later (id serial, text text)");
  expect(await sql(rows, "INSERT INTO later (text) VALUES ('new') RETURNING text")).toEqual([{ text: "new" }]);
  await sql(owner, "DROP TABLE later");
});
