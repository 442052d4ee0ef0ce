// Users and sessions in PostgreSQL. Each operation is one statement, and so all or nothing.

import type { AccountStore, NewSession, Session, User } from "@signet/accounts/stores";
import type { PrismaClient } from "./generated/client.ts";
import { withStorageErrors } from "./storage-errors.ts";

type SessionTimes = Pick<Session, "createdAt" | "lastUsedAt" | "expiresAt">;

export function createAccountStore(prisma: PrismaClient): AccountStore {
  return {
    findByUsername: (username) =>
      withStorageErrors(async () => (await prisma.user.findUnique({ where: { username } })) ?? undefined),

    createUser: (user, session) =>
      withStorageErrors(async () => {
        // Of several with one name at the same moment, the later ones wait here for the first, and then insert nothing.
        const rows = await prisma.$queryRaw<(Omit<User, "createdAt"> & SessionTimes & { userCreatedAt: Date })[]>`
          WITH moment AS MATERIALIZED (
            SELECT clock_timestamp() AS now
          ), new_user AS (
            INSERT INTO users (id, username, password_hash, created_at)
            SELECT ${user.id}, ${user.username}, ${user.passwordHash}, now FROM moment
            ON CONFLICT (username) DO NOTHING
            RETURNING *
          ), new_session AS (
            INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, device, address)
            SELECT ${session.id}, new_user.id, now, now, now + make_interval(secs => ${session.maxAgeSeconds}::double precision),
              ${session.device}::text, ${session.address}::text
            FROM new_user, moment
            RETURNING *
          )
          SELECT new_user.id, new_user.username, password_hash AS "passwordHash", password_version AS "passwordVersion", scope,
            new_user.created_at AS "userCreatedAt", disabled_at AS "disabledAt",
            new_session.created_at AS "createdAt", last_used_at AS "lastUsedAt", expires_at AS "expiresAt"
          FROM new_user, new_session`;
        const [row] = rows;
        if (row === undefined) return "username_taken";
        const { userCreatedAt, createdAt, lastUsedAt, expiresAt, ...created } = row;
        return {
          user: { ...created, createdAt: userCreatedAt },
          session: toSession(user.id, session, { createdAt, lastUsedAt, expiresAt }),
        };
      }),

    createSession: (userId, passwordVersion, session) =>
      withStorageErrors(async () => {
        // The share lock holds a change of the password, or of `disabled_at`, back until the session stands; where such a
        // change was first, this waits for it and then finds the row as it is now.
        const [times] = await prisma.$queryRaw<SessionTimes[]>`
          WITH allowed AS MATERIALIZED (
            SELECT id FROM users
            WHERE id = ${userId} AND password_version = ${passwordVersion} AND disabled_at IS NULL
            FOR SHARE
          ), moment AS MATERIALIZED (
            SELECT id, clock_timestamp() AS now FROM allowed
          )
          INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, device, address)
          SELECT ${session.id}, id, now, now, now + make_interval(secs => ${session.maxAgeSeconds}::double precision),
            ${session.device}::text, ${session.address}::text
          FROM moment
          RETURNING created_at AS "createdAt", last_used_at AS "lastUsedAt", expires_at AS "expiresAt"`;
        return times && toSession(userId, session, times);
      }),

    replacePasswordHash: (userId, from, to) =>
      withStorageErrors(async () => {
        await prisma.user.updateMany({ where: { id: userId, passwordHash: from }, data: { passwordHash: to } });
      }),
  };
}

function toSession(userId: string, { id, device, address }: NewSession, times: SessionTimes): Session {
  return { id, userId, ...times, endedAt: null, device, address };
}
