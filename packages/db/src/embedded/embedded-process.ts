// The process of the embedded database: owns the folder, runs PGlite in it, and listens. It follows the process that started it, and ends
// when that one does; a Ctrl-C, which reaches both, is the other's to act upon.

import { existsSync } from "node:fs";
import { rename, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { dataName, unfinishedName } from "./data-folder.ts";
import { type Claim, claimDirectory } from "./directory-claim.ts";
import { SharedPGlite } from "./shared-pglite.ts";

/** What this process says to the one that started it. */
export type EmbeddedProcessMessage = "taken" | "creating" | "ready";

const maxConnections = 200;
/** With systemd a SIGTERM reaches both processes; the other one may need the database until it has finished. */
const terminationGraceMs = 10_000;
const closeTimeoutMs = 10_000;
/** A connection that holds a transaction, and with it everybody else, for so long will not come back. */
const maxSilenceInTransactionMs = 30_000;
const silenceCheckMs = 5_000;

// First of all: from here on only what is decided below ends this process.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
// The other one may be gone, and its end of the pipe with it.
process.stderr.on("error", () => undefined);

try {
  await run(process.argv[2] ?? "");
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

/** @param directory By a path that is short enough for sockets. */
async function run(directory: string): Promise<void> {
  const claim = await claimDirectory(directory);
  if (claim === undefined) {
    await tell("taken");
    process.exit(0);
  }

  const data = join(directory, dataName);
  if (!existsSync(data)) await create(join(directory, unfinishedName), data);
  const database = new SharedPGlite(data);
  await database.waitReady;

  const path = join(directory, ".s.PGSQL.5432");
  // What lies there was left by an owner that was killed: the folder is ours now.
  await unlink(path).catch(() => undefined);
  const server = new PGLiteSocketServer({ db: database, path, maxConnections });
  await server.start();

  const stop = createStop(claim, server, database);
  process.once("disconnect", stop);
  process.once("SIGTERM", () => setTimeout(stop, terminationGraceMs));
  setInterval(() => {
    const silentMs = performance.now() - database.lastMessageAt;
    if (database.isInTransaction() && silentMs > maxSilenceInTransactionMs) stop();
  }, silenceCheckMs).unref();
  if (!process.connected) {
    stop();
    return;
  }
  claim.setState("ready");
  await tell("ready");
}

async function create(unfinished: string, data: string): Promise<void> {
  await tell("creating");
  await rm(unfinished, { recursive: true, force: true });
  const database = new SharedPGlite(unfinished);
  await database.waitReady;
  await database.close();
  await rename(unfinished, data);
}

function createStop(claim: Claim, server: PGLiteSocketServer, database: SharedPGlite): () => void {
  let stopping = false;
  return () => {
    if (stopping) return;
    stopping = true;
    claim.setState("ending");
    setTimeout(() => process.exit(1), closeTimeoutMs).unref();
    void close().finally(() => process.exit());
  };

  async function close(): Promise<void> {
    await server.stop();
    await database.close();
    await claim.release();
  }
}

function tell(message: EmbeddedProcessMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
