// The embedded database as several processes use it, and as they are killed: one owner at any time, and nothing acknowledged is lost.

import { cpSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { createDatabase, type EmbeddedDatabase, openEmbeddedDatabase } from "@signet/db";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { claimants, startProcess } from "./processes.ts";
import { rounds } from "./session-servers.ts";
import { sql } from "./sql.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const script = new URL("./processes/embedded.mjs", import.meta.url);
const opened: EmbeddedDatabase[] = [];
afterEach(async () => {
  for (const embedded of opened.splice(0)) await embedded.close();
});

/** A database that was made once, for all tests that are about something else. */
let template: string;
beforeAll(async () => {
  template = temporaryFolder("template");
  await (await openEmbeddedDatabase({ dataDir: template })).close();
});

function preparedFolder(name?: string): string {
  const dataDir = temporaryFolder(name);
  cpSync(template, dataDir, { recursive: true });
  return dataDir;
}

async function open(dataDir: string, options: Omit<Parameters<typeof openEmbeddedDatabase>[0], "dataDir"> = {}) {
  const embedded = await openEmbeddedDatabase({ dataDir, ...options });
  opened.push(embedded);
  return embedded;
}

async function usernamesIn({ connection }: EmbeddedDatabase): Promise<string[]> {
  const rows = await sql<{ username: string }>(connection.connectionString, "SELECT username FROM users");
  return rows.map(({ username }) => username);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("opening", () => {
  it("makes the folder for this user alone, and says that the first time takes longer", async () => {
    const dataDir = temporaryFolder("not/yet/there");
    const progress: string[] = [];
    const first = await open(dataDir, { onProgress: (message) => progress.push(message) });
    expect(progress).toEqual([expect.stringMatching(/^Creating the database in .*not\/yet\/there.*\.$/)]);
    for (const folder of [dataDir, join(dataDir, "postgres")]) expect(statSync(folder).mode & 0o777).toBe(0o700);

    await first.close();
    expect(claimants(dataDir)).toEqual([]);
    await open(dataDir, { onProgress: (message) => progress.push(message) });
    expect(progress).toHaveLength(1);
  });

  it("joins the one who has it open, and takes over when that one leaves, with all rows there", async () => {
    const dataDir = preparedFolder();
    const ended: string[] = [];
    const [first, second] = [
      await open(dataDir),
      await open(dataDir, { onOwnerEnded: (message) => ended.push(message) }),
    ];
    expect([first.owner, second.owner]).toEqual([true, false]);
    expect(second.connection).toEqual(first.connection);
    const database = createDatabase(second.connection);
    await database.migrate();
    await sql(
      first.connection.connectionString,
      "INSERT INTO users (id, username, password_hash) VALUES ('1', 'alice', 'hash')",
    );

    await first.close();
    await until(() => second.owner);
    expect(ended).toEqual([expect.stringMatching(/has ended; opening it here\.$/)]);
    expect(await database.accounts.findByUsername("alice")).toMatchObject({ id: "1" });
    await database.close();
  });

  it("has one owner when eight processes start at the same moment on an empty folder", async () => {
    const dataDir = temporaryFolder();
    const processes = Array.from({ length: 8 }, () => startProcess(script, dataDir));
    const owners = await Promise.all(processes.map((process) => process.hears("opened")));
    expect(owners.filter((owner) => owner === true)).toHaveLength(1);
    expect(claimants(dataDir)).toHaveLength(1);

    for (const process of processes) process.tell("insert");
    await Promise.all(processes.map((process) => process.hears("inserted")));
    for (const process of processes) process.child.kill("SIGKILL");
    await Promise.all(processes.map((process) => process.exited));
    const acknowledged = processes.flatMap(({ said }) => said.flatMap(({ inserted }) => inserted ?? []));
    expect(await usernamesIn(await open(dataDir))).toEqual(expect.arrayContaining(acknowledged));
  });

  it("works below a path that is too long for a socket, and notes the short one there", async () => {
    const dataDir = preparedFolder(`${"long ".repeat(20)}name/${"x".repeat(100)}`);
    const [first, second] = [await open(dataDir), await open(dataDir)];
    expect(second.owner).toBe(false);
    const short = readFileSync(join(dataDir, "postgres", "short-path"), "utf8").trim();
    expect(existsSync(join(short, ".s.PGSQL.5432"))).toBe(true);
    expect(statSync(dirname(short)).mode & 0o777).toBe(0o700);
    expect(await sql(first.connection.connectionString, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await Promise.all([first.close(), second.close()]);
    rmSync(dirname(short), { recursive: true });
  });

  it("says in one sentence that a folder cannot be made", async () => {
    const file = temporaryFolder("file");
    writeFileSync(file, "");
    await expect(open(join(file, "data"))).rejects.toThrow(
      /^The folder .* cannot be made .* Set DATA_DIR to a folder .*\.$/,
    );
  });
});

describe("an owner that was killed", () => {
  it("locks nobody out, even where its process number belongs to another process now", async () => {
    const dataDir = preparedFolder();
    const folder = join(dataDir, "postgres");
    // A socket that nobody listens on any more, with the number of a process that lives: ours.
    const socket = createServer().listen(join(folder, "was.sock"));
    await new Promise((resolve) => socket.once("listening", resolve));
    renameSync(join(folder, "was.sock"), join(folder, `owner-${process.pid}-0123456789abcdef.sock`));
    socket.close();
    writeFileSync(join(folder, ".s.PGSQL.5432"), "left behind");

    expect((await open(dataDir)).owner).toBe(true);
    expect(claimants(dataDir)).not.toContain(process.pid);
  });

  it("has lost no acknowledged row, in some rounds of kill -9 during inserts", async () => {
    const times = rounds(2, 5);
    const dataDir = preparedFolder();
    const acknowledged: unknown[] = [];
    for (let round = 0; round < times; round += 1) {
      // Started at once after the kill: it waits for what is left of the one before.
      const process_ = startProcess(script, dataDir);
      expect(await process_.hears("opened")).toBe(true);
      process_.tell("insert");
      await until(() => process_.said.filter(({ inserted }) => inserted !== undefined).length > 100);
      // Once the process alone, whose database then closes by itself; once both, as when the machine runs out of memory.
      const victims = round % 2 === 0 ? [] : claimants(dataDir);
      process_.child.kill("SIGKILL");
      for (const pid of victims) process.kill(pid, "SIGKILL");
      await process_.exited;
      acknowledged.push(...process_.said.flatMap(({ inserted }) => inserted ?? []));
    }
    expect(acknowledged.length).toBeGreaterThan(100 * times);
    expect(await usernamesIn(await open(dataDir))).toEqual(expect.arrayContaining(acknowledged));
  });

  it("while the database was being created has left nothing that is taken for one", async () => {
    const dataDir = temporaryFolder();
    const process_ = startProcess(script, dataDir);
    await process_.hears("progress");
    await until(() => existsSync(join(dataDir, "postgres", "data.new", "base")));
    const victims = claimants(dataDir);
    process_.child.kill("SIGKILL");
    for (const pid of victims) process.kill(pid, "SIGKILL");
    await process_.exited;
    const embedded = await open(dataDir);
    const database = createDatabase(embedded.connection);
    await database.migrate();
    expect(await usernamesIn(embedded)).toEqual([]);
    await database.close();
  });
});

describe("the process of the database", () => {
  it("lives through a Ctrl-C that reaches it too, and through a closed terminal", async () => {
    const dataDir = preparedFolder();
    const embedded = await open(dataDir);
    const [pid] = claimants(dataDir);
    for (const signal of ["SIGINT", "SIGHUP"] as const) process.kill(pid ?? 0, signal);
    expect(await sql(embedded.connection.connectionString, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(claimants(dataDir)).toEqual([pid]);
  });

  it("is started again when it was killed; until then storage is not available", async () => {
    const dataDir = preparedFolder();
    const ended: string[] = [];
    const embedded = await open(dataDir, { onOwnerEnded: (message) => ended.push(message) });
    const database = createDatabase(embedded.connection);
    await database.migrate();
    const [pid] = claimants(dataDir);
    process.kill(pid ?? 0, "SIGKILL");
    await until(() => ended.length > 0);
    expect(ended).toEqual([expect.stringMatching(/ended by itself \(SIGKILL\); starting it again\.$/)]);
    await expect(database.ping()).rejects.toMatchObject({ reason: "storage_unavailable" });
    await until(() =>
      database.ping().then(
        () => true,
        () => false,
      ),
    );
    expect(claimants(dataDir)).not.toEqual([pid]);
    await database.close();
  });

  it("ends when the process that started it has gone, and cleanly", async () => {
    const dataDir = preparedFolder();
    const process_ = startProcess(script, dataDir);
    await process_.hears("opened");
    expect(claimants(dataDir)).toHaveLength(1);
    process_.child.kill("SIGKILL");
    await until(() => claimants(dataDir).length === 0);
  });

  it("that does not answer is never passed over: the error says which it is and what to do", async () => {
    const dataDir = preparedFolder();
    const embedded = await open(dataDir);
    const [pid = 0] = claimants(dataDir);
    process.kill(pid, "SIGSTOP");
    try {
      await expect(openEmbeddedDatabase({ dataDir, silenceTimeoutMs: 1_500 })).rejects.toThrow(
        new RegExp(
          `^The database in .* is in use by process ${pid}, which does not answer\\. End that process, or set DATA_DIR .*\\.$`,
        ),
      );
    } finally {
      process.kill(pid, "SIGCONT");
    }
    expect(await sql(embedded.connection.connectionString, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });
});
