// One of several processes on the same port. It ends when the primary says so, on SIGTERM, and with the primary.

import cluster from "node:cluster";
import { setTimeout as wait } from "node:timers/promises";
import { fail, finishMs, noticeMsFor, type Running, type Services, type Settings, stopServing } from "@signet/server";
import { createListener, serve, takePort } from "./one-process.ts";

/** What the primary says to its workers. */
export interface StopMessage {
  stopAfterMs: number;
}

const readyCheckMs = 100;
/** After that it serves what it can: there may be nobody else. */
const waitForReadyMs = 30_000;

export async function runAsWorker(settings: Settings): Promise<void> {
  let running: Running | undefined;
  let stopping = false;
  const stop = (noticeMs: number) => {
    if (running === undefined) process.exit(0);
    if (stopping) return;
    stopping = true;
    stopServing(running, noticeMs).then(
      () => process.exit(0),
      (error: unknown) => fail("A worker did not stop cleanly.", error),
    );
  };
  process.on("message", ({ stopAfterMs }: StopMessage) => stop(stopAfterMs));
  process.on("SIGTERM", () => stop(noticeMsFor("SIGTERM", settings.DRAIN_SECONDS)));
  // Ctrl-C reaches every process of a terminal; what to do about it comes from the primary.
  process.on("SIGINT", () => undefined);

  const http = createListener(settings);
  running = await serve(http, settings);
  // Connections are shared out among all that listen: one that cannot answer yet would take requests from those that can.
  if (cluster.worker?.id !== firstWorkerId) await untilReady(running.services);
  if (!stopping) await takePort(http, settings);
}

/** Node numbers them. Before the first there is nobody to take requests from, and somebody should say why it is not ready. */
const firstWorkerId = 1;

async function untilReady({ readiness }: Services): Promise<void> {
  const giveUpAt = performance.now() + waitForReadyMs;
  while (performance.now() < giveUpAt) {
    if (Object.values(await readiness()).every((check) => /^ok(:|$)/.test(check))) return;
    await wait(readyCheckMs);
  }
}

/** So long may a worker take to stop, with a second for closing its connections to the database. */
export const stopLimitMs = (noticeMs: number): number => noticeMs + finishMs + 1_000;
