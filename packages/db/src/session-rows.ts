// How sessions are written to and read from their table, for the stores that do so.

import type { NewSession, RefreshState, Session, StoredSession } from "@signet/accounts/stores";
import { Prisma } from "./generated/client.ts";

/** The columns that `newSessionValues` fills, in its order. */
export const newSessionColumns = Prisma.sql`id, user_id, created_at, last_used_at, expires_at, device, address, amr,
  refresh_salt, refresh_counter, current_hash, refresh_secret_id, moved_at, idle_expires_at`;

/** The select list of a new session; the statement around it has the columns `user_id` and `now`. */
export function newSessionValues({ id, device, address, amr, maxAgeSeconds, refresh }: NewSession): Prisma.Sql {
  const expiresAt = Prisma.sql`now + ${seconds(maxAgeSeconds)}`;
  const beginning = Prisma.sql`${id}, user_id, now, now, ${expiresAt}, ${device}::text, ${address}::text, ${amr}`;
  if (refresh === null)
    return Prisma.sql`${beginning}, NULL::bytea, NULL::int, NULL, NULL, NULL::timestamptz, NULL::timestamptz`;
  const { salt, currentHash, secretId, idleSeconds } = refresh;
  return Prisma.sql`${beginning}, ${salt}::bytea, 0, ${currentHash}, ${secretId}, now, least(now + ${seconds(idleSeconds)}, ${expiresAt})`;
}

export function seconds(count: number): Prisma.Sql {
  return Prisma.sql`make_interval(secs => ${count}::double precision)`;
}

/** What the database alone knows of a new session. */
export type SessionTimes = Pick<Session, "createdAt" | "lastUsedAt" | "expiresAt">;

export const sessionTimes = Prisma.sql`created_at AS "createdAt", last_used_at AS "lastUsedAt", expires_at AS "expiresAt"`;

export function toSession(userId: string, { id, device, address, amr }: NewSession, times: SessionTimes): Session {
  const { createdAt, lastUsedAt, expiresAt } = times;
  return { id, userId, createdAt, lastUsedAt, expiresAt, endedAt: null, device, address, amr };
}

/** A session `s` and its user `u`, as `toStoredSession` reads them. */
export const storedSessionColumns = Prisma.sql`s.id, s.user_id AS "userId", s.created_at AS "createdAt", s.last_used_at AS "lastUsedAt",
  s.expires_at AS "expiresAt", s.ended_at AS "endedAt", s.device, s.address, s.amr, s.refresh_salt AS salt, s.refresh_counter AS counter,
  s.current_hash AS "currentHash", s.previous_hash AS "previousHash", s.refresh_secret_id AS "secretId",
  s.attempt_hash AS "attemptHash", s.moved_at AS "movedAt", s.idle_expires_at AS "idleExpiresAt",
  u.username, u.scope, u.disabled_at AS "disabledAt", clock_timestamp() AS now`;

export type StoredSessionRow = Session &
  StoredSession["user"] &
  Pick<StoredSession, "now"> &
  (RefreshState | ({ [Column in Exclude<keyof RefreshState, "salt">]: null } & { salt: null }));

export function toStoredSession(row: StoredSessionRow): StoredSession {
  const { id, userId, createdAt, lastUsedAt, expiresAt, endedAt, device, address, amr } = row;
  const { username, scope, disabledAt, now } = row;
  const session = { id, userId, createdAt, lastUsedAt, expiresAt, endedAt, device, address, amr };
  return { ...session, user: { id: userId, username, scope, disabledAt }, refresh: toRefreshState(row), now };
}

function toRefreshState(row: StoredSessionRow): RefreshState | null {
  if (row.salt === null) return null;
  const { salt, counter, currentHash, previousHash, secretId, attemptHash, movedAt, idleExpiresAt } = row;
  return { salt, counter, currentHash, previousHash, secretId, attemptHash, movedAt, idleExpiresAt };
}
