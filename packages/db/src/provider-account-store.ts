// Hand-over codes and accounts elsewhere in PostgreSQL. A code is used up by one conditional statement, whose row lock makes every other
// use of it wait and then find it used.

import type { ProviderAccountStore, SessionOwner, User } from "@signet/accounts/stores";
import { Prisma, type PrismaClient } from "./generated/client.ts";
import { endSessions, type Statements } from "./revocation-store.ts";
import {
  newSessionColumns,
  newSessionValues,
  type SessionTimes,
  seconds,
  sessionTimes,
  toSession,
} from "./session-rows.ts";
import { isUniqueViolation, withStorageErrors } from "./storage-errors.ts";

/** Codes are of no use for long; a replay is noticed for this time. */
const removeAfter = Prisma.sql`interval '1 day'`;
const removeLimit = 5_000;

export function createProviderAccountStore(prisma: PrismaClient): ProviderAccountStore {
  return {
    addCode: ({ codeHash, transactionHash, challenge, issuer, subject, preferredUsername, maxAgeSeconds }) =>
      withStorageErrors(async () => {
        const count = await prisma.$executeRaw`
          INSERT INTO hand_over_codes (code_hash, transaction_hash, challenge, issuer, subject, preferred_username, expires_at)
          VALUES (${codeHash}, ${transactionHash}, ${challenge}, ${issuer}, ${subject}, ${preferredUsername}::text,
            clock_timestamp() + ${seconds(maxAgeSeconds)})
          ON CONFLICT (transaction_hash) DO NOTHING`;
        return count === 1;
      }),

    findCode: (codeHash) =>
      withStorageErrors(async () => {
        const code = await prisma.handOverCode.findUnique({ where: { codeHash } });
        if (code === null) return undefined;
        const { issuer, subject, preferredUsername } = code;
        const account = await prisma.providerAccount.findUnique({
          where: { issuer_subject: { issuer, subject } },
          include: { user: true },
        });
        return { issuer, subject, preferredUsername, user: account?.user };
      }),

    redeemCode: ({ codeHash, challenge }, userId, session) =>
      withStorageErrors(async () => {
        // The share locks hold back who unlinks or disables until the session stands; where they were first, this finds it done.
        const [times] = await prisma.$queryRaw<SessionTimes[]>`
          WITH used AS (
            UPDATE hand_over_codes SET used_at = clock_timestamp(), session_id = ${session.id}
            WHERE code_hash = ${codeHash} AND challenge = ${challenge} AND used_at IS NULL AND expires_at > clock_timestamp()
            RETURNING issuer, subject
          ), allowed AS MATERIALIZED (
            SELECT u.id FROM used
            JOIN provider_accounts AS p ON p.issuer = used.issuer AND p.subject = used.subject
            JOIN users AS u ON u.id = p.user_id
            WHERE u.id = ${userId} AND u.disabled_at IS NULL
            -- The user first, as everybody does.
            FOR SHARE OF u, p
          ), beginning AS MATERIALIZED (
            SELECT id AS user_id, clock_timestamp() AS now FROM allowed
          )
          INSERT INTO sessions (${newSessionColumns}) SELECT ${newSessionValues(session)} FROM beginning
          RETURNING ${sessionTimes}`;
        return times && toSession(userId, session, times);
      }),

    openSignUp: ({ codeHash, challenge }, maxAgeSeconds) =>
      withStorageErrors(async () => {
        const count = await prisma.$executeRaw`
          UPDATE hand_over_codes AS c
          SET used_at = clock_timestamp(), sign_up_until = clock_timestamp() + ${seconds(maxAgeSeconds)}
          WHERE code_hash = ${codeHash} AND challenge = ${challenge} AND used_at IS NULL AND expires_at > clock_timestamp()
            AND NOT EXISTS (SELECT FROM provider_accounts AS p WHERE p.issuer = c.issuer AND p.subject = c.subject)`;
        return count === 1;
      }),

    signUpWithCode: ({ codeHash, challenge }, { id, username }, session) =>
      withStorageErrors(async () => {
        const rows = await prisma.$queryRaw<({ userCreatedAt: Date | null } & SessionTimes)[]>`
          WITH pending AS MATERIALIZED (
            SELECT issuer, subject FROM hand_over_codes
            WHERE code_hash = ${codeHash} AND challenge = ${challenge} AND sign_up_until > clock_timestamp()
            FOR UPDATE
          ), moment AS MATERIALIZED (
            SELECT clock_timestamp() AS now FROM pending
          ), new_user AS (
            INSERT INTO users (id, username, created_at) SELECT ${id}, ${username}, now FROM moment
            ON CONFLICT (username) DO NOTHING
            RETURNING id, created_at
          ), linked AS (
            INSERT INTO provider_accounts (issuer, subject, user_id, linked_at)
            SELECT issuer, subject, new_user.id, new_user.created_at FROM pending, new_user
          ), used AS (
            UPDATE hand_over_codes SET sign_up_until = NULL, session_id = ${session.id} FROM new_user
            WHERE code_hash = ${codeHash}
          ), beginning AS (
            SELECT id AS user_id, created_at AS now FROM new_user
          ), new_session AS (
            INSERT INTO sessions (${newSessionColumns}) SELECT ${newSessionValues(session)} FROM beginning
            RETURNING *
          )
          SELECT new_user.created_at AS "userCreatedAt", new_session.created_at AS "createdAt", last_used_at AS "lastUsedAt",
            expires_at AS "expiresAt"
          FROM pending LEFT JOIN new_user ON true LEFT JOIN new_session ON true`
          // Somebody has linked, or signed up with, this very account in the meantime.
          .catch((error: unknown) => (isUniqueViolation(error) ? [] : Promise.reject(error)));
        const [row] = rows;
        if (row === undefined) return "code_invalid";
        const { userCreatedAt: createdAt, ...times } = row;
        if (createdAt === null) return "username_taken";
        const user = { id, username, passwordHash: null, passwordVersion: 1, scope: [], createdAt, disabledAt: null };
        return { user, session: toSession(id, session, times) };
      }),

    linkWithCode: ({ codeHash, challenge }, owner) =>
      withStorageErrors(() =>
        prisma.$transaction(async (transaction) => {
          const [code] = await transaction.$queryRaw<{ issuer: string; subject: string }[]>`
            SELECT issuer, subject FROM hand_over_codes
            WHERE code_hash = ${codeHash} AND challenge = ${challenge} AND used_at IS NULL AND expires_at > clock_timestamp()
            FOR UPDATE`;
          if (code === undefined) return "code_invalid";
          if ((await holdOwner(transaction, owner)) === undefined) return "session_ended";
          await transaction.$executeRaw`UPDATE hand_over_codes SET used_at = clock_timestamp() WHERE code_hash = ${codeHash}`;
          const { userId } = owner;
          const { issuer, subject } = code;
          const added = await transaction.$executeRaw`
            INSERT INTO provider_accounts (issuer, subject, user_id, linked_at)
            VALUES (${issuer}, ${subject}, ${userId}, clock_timestamp())
            ON CONFLICT DO NOTHING`;
          if (added === 1) return "linked";
          const account = await transaction.providerAccount.findUnique({
            where: { issuer_subject: { issuer, subject } },
          });
          if (account === null) return "another_is_linked";
          return account.userId === userId ? "linked" : "of_another_user";
        }),
      ),

    endReplayedCode: (codeHash) =>
      withStorageErrors(() =>
        prisma.$transaction(async (transaction) => {
          // Waits for a use that is under way, and then knows its session.
          await transaction.$queryRaw`SELECT 1 FROM hand_over_codes WHERE code_hash = ${codeHash} FOR UPDATE`;
          const [code] = await transaction.$queryRaw<{ sessionId: string | null }[]>`
            UPDATE hand_over_codes SET sign_up_until = NULL WHERE code_hash = ${codeHash} AND used_at IS NOT NULL
            RETURNING session_id AS "sessionId"`;
          if (code === undefined) return undefined;
          const { sessionId } = code;
          return { sessionId, ended: sessionId === null ? 0 : await endSessions(transaction, { sessionId }) };
        }),
      ),

    listProviders: (userId) =>
      withStorageErrors(() =>
        prisma.providerAccount.findMany({
          where: { userId },
          select: { issuer: true, linkedAt: true },
          orderBy: { issuer: "asc" },
        }),
      ),

    unlinkProvider: (owner, issuer, usableIssuers) =>
      withStorageErrors(() =>
        prisma.$transaction(async (transaction) => {
          const { userId, sessionId } = owner;
          // Of two that unlink at once the second sees what the first has left.
          const user = await holdOwner(transaction, owner, Prisma.sql`amr = 'fed'`);
          if (user === undefined) return "session_ended";
          const linked = await transaction.providerAccount.findMany({ where: { userId }, select: { issuer: true } });
          if (!linked.some((account) => account.issuer === issuer)) return "not_linked";
          const hasOther = linked.some(
            (account) => account.issuer !== issuer && usableIssuers.includes(account.issuer),
          );
          if (!hasOther && user.passwordHash === null) return "last_way_in";
          await transaction.providerAccount.deleteMany({ where: { userId, issuer } });
          return { ended: await endSessions(transaction, { userId, exceptSessionId: sessionId, amr: "fed" }) };
        }),
      ),

    setFirstPassword: (owner, passwordHash) =>
      withStorageErrors(() =>
        prisma.$transaction(async (transaction) => {
          const user = await holdOwner(transaction, owner);
          if (user === undefined) return "session_ended";
          if (user.passwordHash !== null) return "password_exists";
          await transaction.user.update({ where: { id: owner.userId }, data: { passwordHash } });
          return "set";
        }),
      ),
  };
}

/**
 * Locks a user who is not disabled, and then the session, so that nobody changes the one or ends the other until the transaction is over.
 *
 * @param others Which other sessions of the user it is going to end.
 * @returns `undefined` when the user is gone or disabled, or the session has ended or run out
 */
async function holdOwner(
  statements: Statements,
  { userId, sessionId }: SessionOwner,
  others: Prisma.Sql = Prisma.sql`false`,
): Promise<Pick<User, "passwordHash"> | undefined> {
  const [user] = await statements.$queryRaw<Pick<User, "passwordHash">[]>`
    SELECT password_hash AS "passwordHash" FROM users WHERE id = ${userId} AND disabled_at IS NULL FOR UPDATE`;
  // All in one statement and one order, as whoever ends sessions does.
  const sessions = await statements.$queryRaw<{ id: string; isOver: boolean }[]>`
    SELECT id, least(expires_at, idle_expires_at) <= clock_timestamp() AS "isOver" FROM sessions
    WHERE user_id = ${userId} AND ended_at IS NULL AND (id = ${sessionId} OR ${others}) ORDER BY id FOR UPDATE`;
  return sessions.some(({ id, isOver }) => id === sessionId && !isOver) ? user : undefined;
}

/** Removes codes that were over a day ago. Not more than some thousands at once. @returns how many */
export function removeOldCodes(prisma: PrismaClient): Promise<number> {
  return withStorageErrors(
    () => prisma.$executeRaw`
      DELETE FROM hand_over_codes WHERE code_hash IN (
        SELECT code_hash FROM hand_over_codes WHERE expires_at < clock_timestamp() - ${removeAfter} LIMIT ${removeLimit})`,
  );
}
