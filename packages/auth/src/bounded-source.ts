// A source whose answers are waited for only so long: one that never comes must not end the polling.

import type { RevocationSource } from "./revocation-source.ts";
import { type Schedule, withinTime } from "./within-time.ts";

export interface BoundedSourceOptions {
  source: RevocationSource;
  pageSize: number;
  timeoutMs: number;
  schedule: Schedule;
}

/**
 * Asks for the page after a number. Rejects when it takes too long, or when `signal` aborts; what comes is not trusted.
 *
 * @param waitMs How long the source may hold the question until there is something to tell. Default 0.
 */
export type AskForPage = (after: number, signal: AbortSignal, waitMs?: number) => Promise<unknown>;

export function createBoundedSource({ source, pageSize, timeoutMs, schedule }: BoundedSourceOptions): AskForPage {
  return (after, signal, waitMs = 0) =>
    withinTime((waiting) => source.listRevocations(after, pageSize, waiting, waitMs), {
      timeoutMs: timeoutMs + waitMs,
      schedule,
      message: "The source of revocations did not answer in time.",
      signal,
    });
}
