// Starts the API without pages: one process per core, or a single one. Ends it cleanly on SIGTERM and Ctrl-C.

import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import { createLogger } from "@signet/api";
import {
  fail,
  localAddress,
  settings as readSettings,
  type Settings,
  say,
  stopOnSignal,
  warnOfOpenWays,
} from "@signet/server";
import { createListener, serve, takePort } from "./one-process.ts";
import { runAsWorker } from "./worker.ts";
import { startWorkers } from "./workers.ts";

/** What the web app beside it has: pages on 3000, whose tokens these are. */
const defaults = { PORT: "3001", APP_URL: "http://localhost:3000" };

try {
  await start(readSettings(defaults));
} catch (error) {
  fail("Signet's API did not start.", error);
}

async function start(settings: Settings): Promise<void> {
  if (cluster.isWorker) return runAsWorker(settings);

  const startedAt = performance.now();
  warnOfOpenWays(settings, createLogger(settings.LOG_LEVEL));
  const workers = settings.WORKERS ?? availableParallelism();
  if (workers > 1) await startWorkers(settings, workers);
  else await startAlone(settings);
  welcome(settings, workers, performance.now() - startedAt);
}

async function startAlone(settings: Settings): Promise<void> {
  const http = createListener(settings);
  // First the port, so that nothing has been begun when somebody else has it.
  await takePort(http, settings);
  stopOnSignal(await serve(http, settings), settings);
}

function welcome(settings: Settings, workers: number, tookMs: number): void {
  const at = localAddress(settings);
  say(`
Signet's API is ready after ${(tookMs / 1000).toFixed(1)} s: ${workers === 1 ? "one process" : `${workers} processes`}, issuer ${settings.APP_URL}.

  A token          curl -u NAME -X POST ${at}/auth/issue-new-token
  Who am I         curl -H "Authorization: Bearer TOKEN" ${at}/api/protected
  Is it ready      curl ${at}/readyz
  Stop             Ctrl-C
`);
}
