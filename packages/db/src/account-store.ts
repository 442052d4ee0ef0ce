// Users in PostgreSQL, and the sessions that they begin. Each operation is one statement or one transaction, and so all or nothing.

import type { AccountStore, User } from "@signet/accounts/stores";
import { Prisma, type PrismaClient } from "./generated/client.ts";
import { endSessions } from "./revocation-store.ts";
import { newSessionColumns, newSessionValues, type SessionTimes, sessionTimes, toSession } from "./session-rows.ts";
import { withStorageErrors } from "./storage-errors.ts";

const userColumns = Prisma.sql`id, username, password_hash AS "passwordHash", password_version AS "passwordVersion", scope,
  created_at AS "createdAt", disabled_at AS "disabledAt"`;

export function createAccountStore(prisma: PrismaClient): AccountStore {
  return {
    findByUsername: (username) =>
      withStorageErrors(async () => (await prisma.user.findUnique({ where: { username } })) ?? undefined),

    findUser: (userId) =>
      withStorageErrors(async () => (await prisma.user.findUnique({ where: { id: userId } })) ?? undefined),

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
          ), beginning AS (
            SELECT id AS user_id, created_at AS now FROM new_user
          ), new_session AS (
            INSERT INTO sessions (${newSessionColumns}) SELECT ${newSessionValues(session)} FROM beginning
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
          ), beginning AS MATERIALIZED (
            SELECT id AS user_id, clock_timestamp() AS now FROM allowed
          )
          INSERT INTO sessions (${newSessionColumns}) SELECT ${newSessionValues(session)} FROM beginning
          RETURNING ${sessionTimes}`;
        return times && toSession(userId, session, times);
      }),

    replacePasswordHash: (userId, from, to) =>
      withStorageErrors(async () => {
        await prisma.user.updateMany({ where: { id: userId, passwordHash: from }, data: { passwordHash: to } });
      }),

    changePassword: ({ id, passwordVersion, passwordHash }, session) =>
      withStorageErrors(() =>
        prisma.$transaction(async (transaction) => {
          // Waits for every sign-in that has the row in shared use, and holds back every later one.
          const [user] = await transaction.$queryRaw<User[]>`
            UPDATE users SET password_hash = ${passwordHash}, password_version = password_version + 1
            WHERE id = ${id} AND password_version = ${passwordVersion} AND disabled_at IS NULL
            RETURNING ${userColumns}`;
          if (user === undefined) return undefined;
          const [times] = await transaction.$queryRaw<SessionTimes[]>`
            WITH beginning AS MATERIALIZED (SELECT ${id} AS user_id, clock_timestamp() AS now)
            INSERT INTO sessions (${newSessionColumns}) SELECT ${newSessionValues(session)} FROM beginning
            RETURNING ${sessionTimes}`;
          if (times === undefined) throw new Error("A session was not added.");
          // A statement of its own, so that it sees the sessions that were waited for.
          const ended = await endSessions(transaction, { userId: id, exceptSessionId: session.id });
          return { user, session: toSession(id, session, times), ended };
        }),
      ),

    disableUser: (userId) =>
      withStorageErrors(() =>
        prisma.$transaction(async (transaction) => {
          await transaction.$executeRaw`
            UPDATE users SET disabled_at = coalesce(disabled_at, clock_timestamp()) WHERE id = ${userId}`;
          return endSessions(transaction, { userId });
        }),
      ),

    enableUser: (userId) =>
      withStorageErrors(async () => {
        const { count } = await prisma.user.updateMany({
          where: { id: userId, disabledAt: { not: null } },
          data: { disabledAt: null },
        });
        return count > 0;
      }),

    addUser: ({ id, username, passwordHash }) =>
      withStorageErrors(async () => {
        const [user] = await prisma.$queryRaw<User[]>`
          INSERT INTO users (id, username, password_hash, created_at)
          VALUES (${id}, ${username}, ${passwordHash}, clock_timestamp())
          ON CONFLICT (username) DO NOTHING
          RETURNING ${userColumns}`;
        return user ?? "username_taken";
      }),

    setScope: (userId, scope) =>
      withStorageErrors(async () => {
        await prisma.user.updateMany({ where: { id: userId }, data: { scope: [...scope] } });
      }),

    listUsers: (after, limit) =>
      withStorageErrors(
        () => prisma.$queryRaw<User[]>`
          SELECT ${userColumns} FROM users WHERE username COLLATE "C" > ${after} COLLATE "C"
          ORDER BY username COLLATE "C" LIMIT ${limit}`,
      ),
  };
}
