// The end of a process: not ready at once, then what is under way is finished, then everything is closed.

import { setTimeout as wait } from "node:timers/promises";
import type { Api } from "@signet/api";
import type { HttpServer } from "./http-server.ts";
import type { Services } from "./services.ts";
import { fail, say } from "./terminal.ts";

/** How long requests that are under way may take after a signal to stop. */
export const finishMs = 10_000;

export interface Running {
  http: HttpServer;
  api: Api;
  services: Services;
  /** Of what answers besides the API. Default: nothing does. */
  closePages?: () => Promise<void>;
}

/**
 * Stops serving, so that no request is lost.
 *
 * @param noticeMs How long it says that it is not ready and serves on, so that a balancer in front can look elsewhere first.
 */
export async function stopServing(running: Running, noticeMs: number): Promise<void> {
  const { http, api, services, closePages } = running;
  http.announceEnd();
  await wait(noticeMs);
  // Only now: those who are released early come again at once, and until here they would come back to this process.
  api.releaseWaiting();
  await http.drain(finishMs);
  await closePages?.();
  await services.close();
}

/** Stops on SIGTERM and Ctrl-C, and ends the process with 0; a second signal does not wait. */
export function stopOnSignal(running: Running, { DRAIN_SECONDS }: { DRAIN_SECONDS: number }): void {
  onStopSignal((signal) => stopServing(running, noticeMsFor(signal, DRAIN_SECONDS)));
}

/** Nobody balances what a person stops at a terminal. */
export function noticeMsFor(signal: NodeJS.Signals, drainSeconds: number): number {
  return signal === "SIGTERM" ? drainSeconds * 1000 : 0;
}

/** Calls `stop` on SIGTERM and Ctrl-C, and ends the process with 0 afterwards; a second signal does not wait. */
export function onStopSignal(stop: (signal: NodeJS.Signals) => Promise<void>): void {
  let stopping = false;
  const begin = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    say(signal === "SIGINT" ? "\nStopping …" : "Stopping …");
    await stop(signal);
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => void begin(signal).catch((error: unknown) => fail("Signet did not stop cleanly.", error)));
}
