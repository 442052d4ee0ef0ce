// The primary: starts a worker per core, starts anew those that die, and stops all of them. It serves nothing itself. Without
// DATABASE_URL it holds the embedded database open, so that no worker's end takes it away from the others.

import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { createLogger } from "@signet/api";
import { openEmbeddedDatabase } from "@signet/db";
import { assertUsable, listen, noticeMsFor, onStopSignal, type Settings, say } from "@signet/server";
import { dataDir } from "./one-process.ts";
import { restartDelayMs } from "./restart-delay.ts";
import { type StopMessage, stopLimitMs } from "./worker.ts";

const provenAfterMs = 60_000;

/** Ends when all serve. A first worker that cannot start ends everything: what it has to say concerns all of them. */
export async function startWorkers(settings: Settings, count: number): Promise<void> {
  const log = createLogger(settings.LOG_LEVEL);
  await assertPortIsFree(settings);
  await assertUsable(settings, log);
  const embedded =
    settings.DATABASE_URL === undefined
      ? await openEmbeddedDatabase({
          dataDir: dataDir(settings),
          onProgress: say,
          onOwnerEnded: (message) => log.warn(message),
        })
      : undefined;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL("./main.js", import.meta.url)),
    args: [],
    execArgv: [...process.execArgv, "--enable-source-maps"],
  });

  const workers = new Set<Worker>();
  let stopping = false;
  onStopSignal(async (signal) => {
    stopping = true;
    await stopAll(workers, noticeMsFor(signal, settings.DRAIN_SECONDS));
    await embedded?.close();
  });

  const first = fork(workers);
  if (!(await serves(first))) {
    if (stopping) return new Promise(() => undefined);
    await embedded?.close();
    // It has said why.
    process.exit(1);
  }
  keepAlive(first);
  const others = Array.from({ length: count - 1 }, () => fork(workers));
  for (const worker of others) keepAlive(worker);
  await Promise.all(others.map(serves));

  function keepAlive(worker: Worker, failures = 0): void {
    const startedAt = performance.now();
    worker.once("exit", (code, signal) => {
      if (stopping) return;
      const soon = performance.now() - startedAt < provenAfterMs;
      const delayMs = restartDelayMs(soon ? failures : 0);
      log.error({ pid: worker.process.pid, code, signal, delayMs }, "A worker has ended; another one is started.");
      setTimeout(() => {
        if (!stopping) keepAlive(fork(workers), soon ? failures + 1 : 1);
      }, delayMs);
    });
  }
}

async function assertPortIsFree(settings: Settings): Promise<void> {
  const server = createServer();
  await listen(server, settings, "npm run start:api");
  server.close();
  await once(server, "close");
}

function fork(workers: Set<Worker>): Worker {
  const worker = cluster.fork();
  workers.add(worker);
  worker.once("exit", () => workers.delete(worker));
  return worker;
}

/** @returns whether it has come to serving. */
async function serves(worker: Worker): Promise<boolean> {
  const ended = once(worker, "exit").then(() => false);
  const listening = once(worker, "listening").then(() => true);
  return Promise.race([listening, ended]);
}

async function stopAll(workers: ReadonlySet<Worker>, noticeMs: number): Promise<void> {
  const message: StopMessage = { stopAfterMs: noticeMs };
  const ended = [...workers].map((worker) => {
    const exit = once(worker, "exit");
    if (worker.isConnected()) worker.send(message);
    return exit;
  });
  const killing = setTimeout(() => {
    for (const worker of workers) worker.process.kill("SIGKILL");
  }, stopLimitMs(noticeMs));
  await Promise.all(ended);
  clearTimeout(killing);
}
