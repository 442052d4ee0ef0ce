// PostgreSQL without a server: PGlite in a process of its own, which any number of processes on this machine use through one socket.
// Whoever comes first starts that process and so owns the folder; the others join, and one of them takes over when the owner ends.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { UnusableDatabaseError } from "../unusable-database-error.ts";
import { unfinishedName } from "./data-folder.ts";
import { findOwners, longestSocketName, type Owner, watchOwner } from "./directory-claim.ts";
import type { EmbeddedProcessMessage } from "./embedded-process.ts";
import { shortPathTo } from "./short-path.ts";

export interface EmbeddedDatabaseOptions {
  /** Made, for this user alone, when it is not there. The database lies in its folder `postgres`. */
  dataDir: string;
  /** Told what takes long, in a sentence for a person. */
  onProgress?: (message: string) => void;
  /** Told when the owner has ended, or our own database process by itself, and what happens now. Statements fail until then. */
  onOwnerEnded?: (message: string) => void;
  /** How long another process may own the folder without an answer, in milliseconds. Default 20,000. */
  silenceTimeoutMs?: number;
}

export interface EmbeddedDatabase {
  /** For `createDatabase`. Stays the same whoever owns the folder. */
  readonly connection: { connectionString: string };
  /** Whether this process started the database; false when it joined another one's. */
  readonly owner: boolean;
  /** Leaves; an owner closes the database, cleanly, for everybody. */
  close(): Promise<void>;
}

/** Our part in the database: the process we started, or the watch over somebody else's. */
type Part = { owner: boolean; leave(): Promise<void> };

const pollMs = 100;
const waitTimeoutMs = 120_000;
const exitTimeoutMs = 15_000;
const retryMs = 1_000;
const stderrLength = 4_000;

/**
 * Opens the embedded database, or joins the process that has it open. Never opens it twice.
 *
 * @throws Error with one sentence for a person when the folder cannot be used, or is in use by something that does not answer
 */
export async function openEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const { dataDir, onProgress = ignore, onOwnerEnded = ignore, silenceTimeoutMs = 20_000 } = options;
  const folder = join(resolve(dataDir), "postgres");
  await makeFolder(folder);
  const directory = await shortPathTo(folder, longestSocketName);

  const membership = { closed: false };
  let part = await takePart();
  let comingBack: Promise<void> = Promise.resolve();

  return {
    connection: { connectionString: `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(directory)}` },
    get owner() {
      return part.owner;
    },
    async close() {
      membership.closed = true;
      await comingBack;
      await part.leave();
    },
  };

  async function takePart(): Promise<Part> {
    const startedAt = performance.now();
    let answeredAt = startedAt;
    let told = false;
    for (;;) {
      if (membership.closed) throw new Error("Closed while the embedded database was being opened.");
      const owners = await findOwners(directory);
      const ready = owners.find(({ state }) => state === "ready");
      if (ready !== undefined) return joinOwner(ready);

      const [other] = owners;
      if (other === undefined) {
        const child = await startProcess(directory, folder, onProgress);
        if (child !== undefined) return own(child);
      } else {
        const now = performance.now();
        if (owners.some(({ state }) => state !== "silent") || isBeingCreated(directory)) answeredAt = now;
        if (now - answeredAt > silenceTimeoutMs || now - startedAt > waitTimeoutMs) throw inUse(folder, other);
        if (!told)
          onProgress(`Waiting for process ${other.pid}, which is opening or closing the database in ${folder}.`);
        told = true;
      }
      // At random, so that several who gave way to each other do not meet again.
      await sleep(pollMs * (0.5 + Math.random()));
    }
  }

  function joinOwner(other: Owner): Part {
    const stopWatching = watchOwner(directory, other, () => {
      comeBack(`The process that had the embedded database open (${other.pid}) has ended; opening it here.`);
    });
    return {
      owner: false,
      leave: async () => stopWatching(),
    };
  }

  function own(child: ChildProcess): Part {
    child.once("exit", onOwnProcessEnded);
    return {
      owner: true,
      async leave() {
        child.off("exit", onOwnProcessEnded);
        await endProcess(child);
      },
    };
  }

  function onOwnProcessEnded(code: number | null, signal: string | null): void {
    const how = signal ?? `exit code ${code}`;
    comeBack(`The process of the embedded database ended by itself (${how}); starting it again.`);
  }

  function comeBack(message: string): void {
    if (membership.closed) return;
    onOwnerEnded(message);
    comingBack = retry();
  }

  async function retry(): Promise<void> {
    while (!membership.closed) {
      try {
        part = await takePart();
        return;
      } catch (error) {
        onOwnerEnded(error instanceof Error ? error.message : String(error));
        await sleep(retryMs);
      }
    }
  }
}

/** Making a database leaves its process no time for answers. */
function isBeingCreated(directory: string): boolean {
  return existsSync(join(directory, unfinishedName));
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UnusableDatabaseError(
      `The folder ${folder} cannot be made (${why}). Set DATA_DIR to a folder that this user may write to.`,
      {
        cause: error,
      },
    );
  }
}

/** @returns `undefined` when another process was quicker. */
async function startProcess(
  directory: string,
  folder: string,
  onProgress: (message: string) => void,
): Promise<ChildProcess | undefined> {
  const child = fork(fileURLToPath(new URL("./embedded-process.js", import.meta.url)), [directory], {
    // Neither our settings nor our secrets are its business.
    env: {},
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let output = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output = (output + text).slice(-stderrLength);
  });

  const outcome = await new Promise<EmbeddedProcessMessage | "failed">((settle) => {
    child.on("message", (message: EmbeddedProcessMessage) => {
      if (message === "creating") onProgress(`Creating the database in ${folder}; this takes a few seconds, once.`);
      else settle(message);
    });
    child.once("error", () => settle("failed"));
    child.once("exit", () => settle("failed"));
  });
  if (outcome === "ready") return child;
  if (outcome === "taken") return undefined;
  const detail = output.trim() === "" ? "its process ended" : output.trim();
  throw new UnusableDatabaseError(`The embedded database in ${folder} could not be opened: ${detail}`);
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill("SIGKILL"), exitTimeoutMs);
  await exited;
  clearTimeout(timer);
}

function inUse(folder: string, { pid }: Owner): Error {
  return new UnusableDatabaseError(
    `The database in ${folder} is in use by process ${pid}, which does not answer. End that process, or set DATA_DIR to another folder, then start again.`,
  );
}

function ignore(): void {}
