// The audit log: rows are added, read, and removed when they are old enough. Nothing changes one.

import type { AuditEvent, AuditKind } from "@signet/accounts/stores";
import { Prisma, type PrismaClient } from "./generated/client.ts";
import { seconds } from "./session-rows.ts";
import { withStorageErrors } from "./storage-errors.ts";

/** An event that happened so long ago, on a clock that only goes forward. */
export type DatedEvent = AuditEvent & { ageMs: number };

export interface StoredAuditEvent {
  id: number;
  /** By the database's clock. */
  at: Date;
  kind: AuditKind;
  userId: string | null;
  sessionId: string | null;
  address: string | null;
  device: string | null;
  detail: NonNullable<AuditEvent["detail"]> | null;
  /** Of the user, where there still is one. */
  username: string | null;
}

/** Which events; each that is given narrows them. */
export interface AuditQuery {
  sinceSeconds: number;
  userId?: string;
  kinds?: readonly AuditKind[];
  /** The newest so many. */
  limit: number;
}

export interface AuditStore {
  write(events: readonly DatedEvent[]): Promise<void>;
  /** In the order in which they happened. */
  list(query: AuditQuery): Promise<StoredAuditEvent[]>;
  /** Removes what is older. Not more than some thousands at once, so that nobody has to wait for it. @returns how many */
  removeOlderThan(days: number): Promise<number>;
}

const removeLimit = 5_000;
const maxTextLength = 200;

export function createAuditStore(prisma: PrismaClient): AuditStore {
  return {
    write: (events) =>
      withStorageErrors(async () => {
        if (events.length === 0) return;
        await prisma.$executeRaw`
          INSERT INTO audit_events (at, kind, user_id, session_id, address, device, detail)
          SELECT clock_timestamp() - make_interval(secs => age), kind, user_id, session_id, address, device, detail
          FROM jsonb_to_recordset(${JSON.stringify(events.map(toRow))}::jsonb)
            AS event (age double precision, kind text, user_id text, session_id text, address text, device text, detail jsonb)`;
      }),

    list: ({ sinceSeconds, userId, kinds, limit }) =>
      withStorageErrors(async () => {
        const ofUser = userId === undefined ? Prisma.empty : Prisma.sql`AND user_id = ${userId}`;
        const ofKinds = kinds === undefined ? Prisma.empty : Prisma.sql`AND kind = ANY(${[...kinds]})`;
        const rows = await prisma.$queryRaw<StoredAuditEvent[]>`
          SELECT event.id::double precision AS id, at, kind, user_id AS "userId", session_id AS "sessionId", address, device, detail,
            users.username
          FROM (
            SELECT * FROM audit_events
            WHERE at > clock_timestamp() - ${seconds(sinceSeconds)} ${ofUser} ${ofKinds}
            ORDER BY at DESC, id DESC LIMIT ${limit}
          ) AS event LEFT JOIN users ON users.id = event.user_id
          ORDER BY at, event.id`;
        return rows;
      }),

    removeOlderThan: (days) =>
      withStorageErrors(
        () => prisma.$executeRaw`
          DELETE FROM audit_events WHERE id IN (
            SELECT id FROM audit_events WHERE at < clock_timestamp() - make_interval(days => ${days}::int)
            ORDER BY at LIMIT ${removeLimit}
          )`,
      ),
  };
}

function toRow({ ageMs, kind, userId, sessionId, address, device, detail }: DatedEvent) {
  return {
    age: ageMs / 1000,
    kind,
    user_id: userId ?? null,
    session_id: sessionId ?? null,
    address: address ?? null,
    device: device?.slice(0, maxTextLength) ?? null,
    detail: detail === undefined || Object.keys(detail).length === 0 ? null : detail,
  };
}
