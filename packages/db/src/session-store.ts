// Sessions in PostgreSQL after they have begun. Time is the database's, and it is read after any wait for a lock.

import type { SessionStore } from "@signet/accounts/stores";
import type { PrismaClient } from "./generated/client.ts";
import { endSessions, isTokenRevoked, revokeToken } from "./revocation-store.ts";
import { type StoredSessionRow, seconds, storedSessionColumns, toStoredSession } from "./session-rows.ts";
import { withStorageErrors } from "./storage-errors.ts";

const listLimit = 200;

export function createSessionStore(prisma: PrismaClient): SessionStore {
  return {
    findSession: (sessionId) =>
      withStorageErrors(async () => {
        const [row] = await prisma.$queryRaw<StoredSessionRow[]>`
          SELECT ${storedSessionColumns} FROM sessions AS s JOIN users AS u ON u.id = s.user_id WHERE s.id = ${sessionId}`;
        return row && toStoredSession(row);
      }),

    rotateRefreshToken: (sessionId, from, to) =>
      withStorageErrors(async () => {
        // Of several at once the later ones wait here for the row, look at it again, and find another token in it.
        const [row] = await prisma.$queryRaw<StoredSessionRow[]>`
          UPDATE sessions AS s
          SET refresh_counter = s.refresh_counter + 1, previous_hash = s.current_hash, current_hash = ${to.currentHash},
            refresh_secret_id = ${to.secretId}, attempt_hash = ${to.attemptHash}::text, address = ${to.address}::text,
            moved_at = clock_timestamp(), last_used_at = clock_timestamp(),
            idle_expires_at = least(clock_timestamp() + ${seconds(to.idleSeconds)}, s.expires_at)
          FROM users AS u
          WHERE s.id = ${sessionId} AND u.id = s.user_id AND u.disabled_at IS NULL
            AND s.refresh_counter = ${from.counter} AND s.current_hash = ${from.currentHash} AND s.ended_at IS NULL
            AND s.expires_at > clock_timestamp() AND s.idle_expires_at > clock_timestamp()
          RETURNING ${storedSessionColumns}`;
        return row && toStoredSession(row);
      }),

    endSessions: (which) => withStorageErrors(() => endSessions(prisma, which)),

    revokeToken: (token) => withStorageErrors(() => revokeToken(prisma, token)),

    isTokenRevoked: (tokenId) => withStorageErrors(() => isTokenRevoked(prisma, tokenId)),

    listSessions: (userId) =>
      withStorageErrors(
        () => prisma.$queryRaw`
          SELECT id, user_id AS "userId", created_at AS "createdAt", last_used_at AS "lastUsedAt", expires_at AS "expiresAt",
            ended_at AS "endedAt", device, address, amr
          FROM sessions
          WHERE user_id = ${userId} AND ended_at IS NULL AND expires_at > clock_timestamp()
            AND coalesce(idle_expires_at, expires_at) > clock_timestamp()
          ORDER BY last_used_at DESC, id
          LIMIT ${listLimit}`,
      ),
  };
}
