// Each command on a true PostgreSQL: what it does, what it says to a person and to a program, and how it ends.

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase, type Database } from "@signet/db";
import { createTestDatabase, type TestDatabase } from "@signet/db/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Settings, signet, signetJson } from "./processes.ts";

const password = `correct horse ${randomBytes(8).toString("hex")}`;

let created: TestDatabase;
let database: Database;
let settings: Settings;
let dataDir: string;

beforeAll(async () => {
  created = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  database = createDatabase(created);
  settings = {
    DATABASE_URL: created.connectionString,
    AUTH_SECRET: randomBytes(32).toString("base64url"),
    DATA_DIR: dataDir,
  };
});
afterAll(async () => {
  await database.close();
  await created.drop();
  await rm(dataDir, { recursive: true, force: true });
});

const run = (args: readonly string[], input?: string) => signet(settings, args, input);
const json = <Value>(args: readonly string[], input?: string) => signetJson<Value>(settings, args, input);

const newName = () => `user-${randomBytes(6).toString("hex")}`;
async function newUser() {
  const name = newName();
  const { id } = await json<{ id: string }>(["users", "create", name], `${password}\n`);
  return { id, name };
}
async function newSession(userId: string): Promise<string> {
  const id = randomBytes(16).toString("base64url");
  const session = {
    id,
    device: "Firefox",
    address: "192.0.2.1",
    amr: "pwd" as const,
    maxAgeSeconds: 600,
    refresh: null,
  };
  expect(await database.accounts.createSession(userId, 1, session)).toBeDefined();
  return id;
}
const kindsOf = async (userId: string) =>
  (await database.audit.list({ sinceSeconds: 3_600, userId, limit: 100 })).map(({ kind }) => kind);

/** Then all are played: `npm run test:long`. Each command takes a second to start, and there are many. */
const isLong = process.env["SIGNET_LONG_TESTS"] === "1";

describe("any command", () => {
  test("teaches with --help, example and all, and ends with 0", async () => {
    const { code, stdout, stderr } = await run(["keys", "revoke", "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/Example:\n {2}\$ signet keys revoke/);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test.each([
    ["an unknown command", ["frobnicate"]],
    ["an unknown option", ["users", "list", "--frobnicate"]],
    ["a missing argument", ["users", "create"]],
    ["a group without a command", ["keys"]],
    ["a number that is none", ["users", "list", "--limit", "many"]],
    ["a moment without its zone", ["restore", "--before", "2026-11-24"]],
    ["two things to end", ["sessions", "end", "id", "--all"]],
    ["nothing to revoke", ["keys", "revoke"]],
  ])("ends with 2 for %s, and prints nothing on standard output", async (_name, args) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).not.toBe("");
  });

  test("ends with 1 and one sentence for a setting that cannot be used, without its value", async () => {
    const { code, stdout, stderr } = await signet({ ...settings, AUTH_SECRET: "too-short-canary" }, ["users", "list"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^AUTH_SECRET: [^\n]*\n$/);
    expect(stderr).not.toContain("canary");
  });

  test("ends with 1 and one sentence when the database cannot be reached", async () => {
    const gone = { ...settings, DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };
    const { code, stderr } = await signet(gone, ["users", "list"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The database cannot be reached [^\n]*\n$/);
  });
});

describe("signet migrate", () => {
  test("says what it would do, does it, and has nothing to do then", async () => {
    const fresh = await createTestDatabase();
    const there = { ...settings, DATABASE_URL: fresh.connectionString };
    const planned = await signetJson<{ dryRun: true; applied: string[] }>(there, ["migrate", "--dry-run"]);
    expect(planned.applied.length).toBeGreaterThan(2);
    const refused = await signet({ ...there, MIGRATE_ON_START: "false" }, ["users", "list"]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("signet migrate") });
    expect(await signetJson(there, ["migrate"])).toEqual({ applied: planned.applied });
    expect(await signetJson(there, ["migrate"])).toEqual({ applied: [] });
    expect(await signetJson({ ...there, MIGRATE_ON_START: "false" }, ["users", "list"])).toEqual([]);
    await fresh.drop();
  });
});

describe("signet users", () => {
  test("create takes the password from standard input, and prints nothing of it", async () => {
    const name = newName();
    const { code, stdout, stderr } = await run(["users", "create", name.toUpperCase()], `${password}\n`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(name);
    expect(stdout).not.toContain(password);
    const user = await database.accounts.findByUsername(name);
    expect(user).toMatchObject({ username: name, scope: [], disabledAt: null });
    expect(await database.accounts.listSessions(user?.id ?? "")).toEqual([]);
    expect(await kindsOf(user?.id ?? "")).toEqual(["user_created"]);
  });

  test.each([
    ["a short password", "short", /too short/],
    ["a common one", "passwordpassword", /guessed first|several times/],
    ["a name that is taken", password, /taken/],
  ])("create refuses %s with 1", async (_name, input, said) => {
    const { name } = await newUser();
    const wanted = input === password ? name : newName();
    const { code, stdout, stderr } = await run(["users", "create", wanted], input);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(said);
  });

  test("create without a password is asked for wrongly", async () => {
    expect((await run(["users", "create", newName()])).code).toBe(2);
  });

  test.runIf(isLong)("list shows all by name, in tables of 80 columns without colours", async () => {
    const { name, id } = await newUser();
    const { stdout } = await run(["users", "list"]);
    expect(stdout).toContain(name);
    expect(stdout).not.toContain("\u001b");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    const listed = await json<Record<string, unknown>[]>(["users", "list"]);
    const names = listed.map(({ username }) => username);
    expect(names).toEqual(names.toSorted());
    expect(listed.find((user) => user["id"] === id)).toEqual({
      id,
      username: name,
      scope: [],
      createdAt: expect.stringMatching(/^\d{4}-/),
      disabledAt: null,
      hasPassword: true,
    });
    expect(await json(["users", "list", "--limit", "1"])).toEqual(listed.slice(0, 1));
  });

  test("disable ends all sessions, --dry-run none, and enable lets sign in again", async () => {
    const { id, name } = await newUser();
    const session = await newSession(id);
    expect(await json(["users", "disable", name, "--dry-run"])).toMatchObject({ dryRun: true, ended: 1 });
    expect((await database.accounts.findSession(session))?.endedAt).toBeNull();
    expect(await json(["users", "disable", name])).toMatchObject({ user: { id }, ended: 1 });
    expect((await database.accounts.findSession(session))?.endedAt).not.toBeNull();
    expect((await database.accounts.findUser(id))?.disabledAt).not.toBeNull();
    expect(await json(["users", "enable", name])).toMatchObject({ user: { disabledAt: null }, changed: true });
    expect(await json(["users", "enable", name])).toMatchObject({ changed: false });
    await newSession(id);
    expect(await kindsOf(id)).toEqual(["user_created", "user_disabled", "user_enabled"]);
  });

  test.runIf(isLong)("scopes shows them, sets them, takes them away, and refuses more than a token holds", async () => {
    const { id, name } = await newUser();
    expect(await json(["users", "scopes", name])).toMatchObject({ user: { scope: [] }, changed: false });
    const set = await run(["users", "scopes", name, "notes:read", "notes:write"]);
    expect(set.stdout).toMatch(/next refresh/);
    expect((await database.accounts.findUser(id))?.scope).toEqual(["notes:read", "notes:write"]);
    expect((await run(["users", "scopes", name, 'quo"te'])).code).toBe(1);
    const many = Array.from({ length: 100 }, (_, index) => `a-long-scope-of-no-use:${index}`);
    expect(await run(["users", "scopes", name, ...many])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/too long/),
    });
    expect((await database.accounts.findUser(id))?.scope).toEqual(["notes:read", "notes:write"]);
    await json(["users", "scopes", name, "--none"]);
    expect((await database.accounts.findUser(id))?.scope).toEqual([]);
  });

  test.each(["disable", "enable", "scopes"])("%s ends with 1 for a name that nobody has", async (verb) => {
    const { code, stderr } = await run(["users", verb, newName()]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "There is no user of this name.\n" });
  });
});

describe("signet sessions", () => {
  test.runIf(isLong)("list shows where a user is signed in", async () => {
    const { id, name } = await newUser();
    const session = await newSession(id);
    expect(await json(["sessions", "list", name])).toEqual([
      {
        id: session,
        userId: id,
        device: "Firefox",
        address: "192.0.2.1",
        createdAt: expect.any(String),
        lastUsedAt: expect.any(String),
        expiresAt: expect.any(String),
      },
    ]);
    expect((await run(["sessions", "list", name])).stdout).toContain(session);
    expect((await run(["sessions", "list", newName()])).code).toBe(1);
  });

  test.runIf(isLong)("end ends one, those of a user, or all; --dry-run none", async () => {
    const one = await newUser();
    const other = await newUser();
    const sessions = [await newSession(one.id), await newSession(one.id), await newSession(one.id)];
    const others = await newSession(other.id);
    const ended = async (id: string) => ((await database.accounts.findSession(id))?.endedAt ?? null) !== null;
    const [first = ""] = sessions;
    expect(await json(["sessions", "end", first, "--dry-run"])).toEqual({ dryRun: true, ended: 1 });
    expect(await ended(first)).toBe(false);
    expect(await json(["sessions", "end", first])).toEqual({ ended: 1 });
    expect(await json(["sessions", "end", first])).toEqual({ ended: 0 });
    expect(await json(["sessions", "end", "--user", one.name])).toEqual({ ended: 2 });
    expect(await ended(others)).toBe(false);
    expect(await kindsOf(one.id)).toEqual(["user_created", "session_ended", "sessions_ended"]);
    const all = await json<{ ended: number }>(["sessions", "end", "--all", "--dry-run"]);
    expect(await json(["sessions", "end", "--all"])).toEqual({ ended: all.ended });
    expect(await ended(others)).toBe(true);
    expect((await run(["sessions", "end", "no-such-session"])).code).toBe(1);
  });
});

describe("signet keys", () => {
  test("list adds no key, rotate publishes the next, revoke refuses one and only one", async () => {
    interface Key {
      number: number;
      kid: string;
      phase: string;
      secretId: string;
    }
    const fresh = await createTestDatabase();
    const there = { ...settings, DATABASE_URL: fresh.connectionString };
    const list = () => signetJson<Key[]>(there, ["keys", "list"]);
    expect(await list()).toEqual([]);
    const first = await signetJson<Key>(there, ["keys", "rotate"]);
    const [signing, next] = await list();
    expect(signing).toMatchObject({ number: 1, phase: "signing", algorithm: "ES256" });
    expect(next).toEqual(first);
    expect(next).toMatchObject({ number: 2, phase: "published", secretId: signing?.secretId });
    // The one that waits is the next: no third one.
    expect(await signetJson<Key>(there, ["keys", "rotate"])).toMatchObject({ kid: next?.kid });

    const shown = await signet(there, ["keys", "list"]);
    for (const line of shown.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    const short = signing?.kid.slice(0, 10) ?? "";
    expect(shown.stdout).toContain(short);
    expect(await signetJson(there, ["keys", "revoke", short, "--dry-run"])).toEqual({
      dryRun: true,
      kids: [signing?.kid],
    });
    expect((await list())[0]?.phase).toBe("signing");
    expect(await signetJson(there, ["keys", "revoke", short])).toEqual({ kids: [signing?.kid], sessions: 0 });
    expect((await list()).map(({ phase }) => phase)).toEqual(["revoked", "signing"]);
    expect(await signetJson(there, ["keys", "revoke", short])).toEqual({ kids: [], sessions: 0 });
    expect((await signet(there, ["keys", "revoke", "no-such-key"])).code).toBe(1);
    const current = await signet(there, ["keys", "revoke", "--secret", signing?.secretId ?? ""]);
    expect(current).toMatchObject({ code: 1, stderr: expect.stringMatching(/new one before it/) });

    const later = { ...there, AUTH_SECRET: `${randomBytes(32).toString("base64url")},${settings["AUTH_SECRET"]}` };
    const leaked = await signetJson<{ kids: string[] }>(later, ["keys", "revoke", "--secret", signing?.secretId ?? ""]);
    expect(leaked.kids).toEqual([next?.kid]);
    await fresh.drop();
  });
});

describe("signet restore", () => {
  test("ends the sessions of before, begins the list anew, and says how many first (F57)", async () => {
    const { id } = await newUser();
    const old = await newSession(id);
    const began = (await database.accounts.findSession(old))?.createdAt ?? new Date();
    const { epoch } = await database.revocations.listRevocations(0, 1);
    const none = await json<{ ended: number }>(["restore", "--before", "2020-01-01T00:00:00Z", "--dry-run"]);
    expect(none).toEqual({ dryRun: true, ended: 0 });
    const moment = new Date(began.getTime() + 1).toISOString();
    const restored = await json<{ ended: number; epoch: string }>(["restore", "--before", moment]);
    expect(restored.ended).toBeGreaterThan(0);
    expect(restored.epoch).not.toBe(epoch);
    expect((await database.revocations.listRevocations(0, 1)).epoch).toBe(restored.epoch);
    expect((await database.accounts.findSession(old))?.endedAt).not.toBeNull();
  });
});

describe("signet routes", () => {
  test("lists each procedure with who may call it", async () => {
    const routes = await json<{ path: string; access: string }[]>(["routes"]);
    expect(routes).toContainEqual({ path: "auth.whoami", type: "query", access: "protected" });
    expect(routes).toContainEqual({ path: "auth.changePassword", type: "mutation", access: "live session" });
    expect((await run(["routes"])).stdout).toMatch(/auth\.signUp +mutation +anybody/);
  });
});

describe("signet doctor", () => {
  interface Finding {
    what: string;
    state: string;
    says: string;
  }
  const states = (findings: Finding[]) => Object.fromEntries(findings.map(({ what, state }) => [what, state]));

  test("finds nothing bad where nothing is, and changes nothing", async () => {
    const fresh = await createTestDatabase();
    const there = { ...settings, DATABASE_URL: fresh.connectionString };
    const found = await signetJson<Finding[]>(there, ["doctor"]);
    expect(states(found)).toMatchObject({ settings: "ok", AUTH_SECRET: "ok", database: "ok", migrations: "warn" });
    await signetJson(there, ["migrate"]);
    const after = states(await signetJson<Finding[]>(there, ["doctor"]));
    expect(after).toMatchObject({ migrations: "ok", clock: "ok", keys: "warn", revocations: "ok", server: "warn" });
    expect(await signetJson(there, ["keys", "list"])).toEqual([]);
    await fresh.drop();
  });

  test.each([
    ["a secret that is none", { AUTH_SECRET: "canary-canary-canary-canary-canary" }, "AUTH_SECRET"],
    ["a database that is gone", { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" }, "database"],
    ["a setting that cannot be used", { PORT: "none" }, "settings"],
    ["migrations that nobody applies", { MIGRATE_ON_START: "false" }, "migrations"],
  ])("calls %s bad, with 1", async (_name, wrong, what) => {
    const fresh = await createTestDatabase();
    const there = { ...settings, DATABASE_URL: fresh.connectionString, ...wrong };
    const { code, stdout, stderr } = await signet(there, ["doctor", "--json"]);
    expect(code).toBe(1);
    expect(states(JSON.parse(stdout) as Finding[])[what]).toBe("bad");
    expect(stdout + stderr).not.toContain("canary");
    await fresh.drop();
  });
});
