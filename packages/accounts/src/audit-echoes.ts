// An audit log that a flood does not fill. What is refused before anything is tried costs whoever does it nothing, so it can come a thousand
// times a second: of each network it is written down once a minute, with how often it came besides.

import type { Clock } from "@signet/auth/clock";
import type { AuditEvent, AuditLog } from "./audit-events.ts";
import { networksOf } from "./networks.ts";

const windowMs = 60_000;
/** The oldest give way to new ones, and are written down again when they come again. */
const maxKept = 10_000;

interface Echo {
  until: number;
  /** Came besides the one that was written down. */
  more: number;
}

/** @param clock Milliseconds. */
export function withoutEchoes(audit: AuditLog, clock: Clock): AuditLog {
  const echoes = new Map<string, Echo>();

  return {
    record(event) {
      if (!isFree(event)) return audit.record(event);
      const key = keyOf(event);
      const now = clock();
      const before = echoes.get(key);
      if (before !== undefined && now < before.until && now >= before.until - windowMs) {
        before.more += 1;
        return;
      }
      echoes.delete(key);
      if (echoes.size >= maxKept) {
        const [oldest] = echoes.keys();
        if (oldest !== undefined) echoes.delete(oldest);
      }
      echoes.set(key, { until: now + windowMs, more: 0 });
      const more = before?.more ?? 0;
      audit.record(more === 0 ? event : { ...event, detail: { ...event.detail, more } });
    },
  };
}

/** Whether it cost whoever did it nothing: no hash, and nothing of a budget. */
function isFree({ detail }: AuditEvent): boolean {
  return detail?.["reason"] === "rate_limited" || detail?.["problem"] !== undefined;
}

function keyOf({ kind, userId, address, detail }: AuditEvent): string {
  return JSON.stringify([kind, userId, networksOf(address ?? null).near, detail]);
}
