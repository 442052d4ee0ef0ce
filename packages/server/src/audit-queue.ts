// Between what happens in requests and the audit log in the database: a bounded queue, written in batches, so that no request waits
// for it and a database that is gone costs nothing but, after a while, the oldest events.

import type { AuditEvent, AuditLog } from "@signet/accounts";
import { isAuthError } from "@signet/auth/errors";
import type { DatedEvent } from "@signet/db";
import type { Logger } from "pino";

export interface AuditQueue extends AuditLog {
  /** Writes what is there, once; what cannot be written then is lost, and said to be. */
  close(): Promise<void>;
}

export interface AuditQueueOptions {
  write(events: readonly DatedEvent[]): Promise<void>;
  log: Pick<Logger, "warn" | "info">;
  /** Told how many events were lost. */
  onDropped(count: number): void;
  /** Default 500. */
  intervalMs?: number;
  /** Default 10,000 events, some megabytes. */
  maxWaiting?: number;
  /** Milliseconds that no change of the clock moves. */
  monotonicMs?: () => number;
}

interface Waiting {
  event: AuditEvent;
  happenedAtMs: number;
}

const batchSize = 500;

export function createAuditQueue(options: AuditQueueOptions): AuditQueue {
  const { write, log, onDropped, intervalMs = 500, maxWaiting = 10_000 } = options;
  const { monotonicMs = () => performance.now() } = options;
  const waiting: Waiting[] = [];
  let writing: Promise<void> = Promise.resolve();
  let failing = false;
  let dropped = 0;

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchSize);
      const now = monotonicMs();
      try {
        await write(batch.map(({ event, happenedAtMs }) => ({ ...event, ageMs: now - happenedAtMs })));
      } catch (error) {
        // What fails for another reason would fail again, and keep everything behind it waiting.
        if (isUnavailable(error)) waiting.unshift(...batch);
        else drop(batch.length);
        if (waiting.length > maxWaiting) drop(waiting.splice(0, waiting.length - maxWaiting).length);
        throw error;
      }
    }
  }

  async function attempt(): Promise<void> {
    try {
      await flush();
      if (failing) log.info({ dropped }, "The audit log is written again.");
      failing = false;
      dropped = 0;
    } catch (err) {
      if (!failing)
        log.warn({ err }, "The audit log cannot be written; events are kept, as many as there is room for.");
      failing = true;
    }
  }

  function writeNext(): Promise<void> {
    writing = writing.then(attempt);
    return writing;
  }

  function drop(count: number): void {
    dropped += count;
    onDropped(count);
  }

  let busy = false;
  const timer = setInterval(() => {
    // One attempt at a time: a database that answers slowly is not asked more often.
    if (busy || waiting.length === 0) return;
    busy = true;
    void writeNext().finally(() => {
      busy = false;
    });
  }, intervalMs);
  timer.unref();

  return {
    record(event) {
      if (waiting.length >= maxWaiting) drop(waiting.splice(0, 1).length);
      waiting.push({ event, happenedAtMs: monotonicMs() });
    },
    async close() {
      clearInterval(timer);
      await writeNext();
      if (waiting.length === 0) return;
      log.warn({ lost: waiting.length }, "The audit log could not be written before the end.");
      drop(waiting.splice(0).length);
    },
  };
}

function isUnavailable(error: unknown): boolean {
  return isAuthError(error) && error.reason === "storage_unavailable";
}
