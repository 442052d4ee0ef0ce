// The table of what has been ended. A number is taken last in a transaction: the lock of the counter's row makes the order of commits the
// order of numbers, without gaps, so that whoever has read up to one number misses nothing that was committed before.

import { randomUUID } from "node:crypto";
import type { RevokedToken, StoredRevocation, WhichSessions } from "@signet/accounts/stores";
import { Prisma, type PrismaClient } from "./generated/client.ts";
import { seconds } from "./session-rows.ts";
import { withStorageErrors } from "./storage-errors.ts";

/** How long after its end somebody whose clock is late may still take a token. */
const marginSeconds = 120;
/** The most that an access token may live, and that margin. */
const revocationSeconds = 900 + marginSeconds;
/** Ending every session there is may take a while. */
const restoreTimeoutMs = 10 * 60_000;

export interface RevocationStore {
  /**
   * Those with a number above `after` that still matter, in order, the highest number given out so far, and the name of the
   * list: where it is another one than before, numbers read before mean nothing.
   */
  listRevocations(after: number, limit: number): Promise<{ entries: StoredRevocation[]; last: number; epoch: string }>;
  /** Removes entries that no token needs any more. @returns how many */
  removeExpired(): Promise<number>;
  /**
   * For a database that was restored from a backup, before anybody is let in: names the list anew, so that every reader begins
   * from its start, and ends all sessions that began before that moment, because refresh tokens that were used since the backup
   * would count as unused again. All or nothing. One statement of it may take long where there are many sessions: see `timeoutMs`.
   *
   * @param before Default: now, and so all sessions.
   */
  startNewEpoch(before?: Date): Promise<{ epoch: string; ended: number }>;
  /** Ends the sessions of everybody. @returns how many */
  endAllSessions(): Promise<number>;
  /** How many sessions have not ended, of those that began before that moment. @param before Default: now. */
  countSessions(before?: Date): Promise<number>;
}

/** What only an operator ends: all that began before a moment, or all whose refresh tokens a leaked secret made. */
type OperatorsChoice = { createdBefore: Date | null } | { refreshSecretId: string };

/** What runs a statement: the client, or a transaction of it. */
export type Statements = Pick<PrismaClient, "$queryRaw">;

export function createRevocationStore(prisma: PrismaClient): RevocationStore {
  return {
    listRevocations: (after, limit) =>
      withStorageErrors(async () => {
        // One statement, and so one snapshot: `last` is never ahead of what is listed.
        const rows = await prisma.$queryRaw<({ last: number; epoch: string } & (StoredRevocation | { seq: null }))[]>`
          SELECT counter.last::double precision AS last, counter.epoch, seq::double precision AS seq, kind, entry.id,
            floor(extract(epoch FROM expires_at))::double precision AS "expiresAt"
          FROM revocation_counter AS counter
          LEFT JOIN LATERAL (
            SELECT * FROM revocations
            WHERE seq > ${after} AND (expires_at IS NULL OR expires_at > clock_timestamp())
            ORDER BY seq LIMIT ${limit}
          ) AS entry ON true
          WHERE counter.id = 1
          ORDER BY seq`;
        const [first] = rows;
        if (first === undefined) throw new Error("The counter of revocations is missing.");
        const entries = rows.flatMap((row) => (row.seq === null ? [] : [toRevocation(row)]));
        return { entries, last: first.last, epoch: first.epoch };
      }),

    removeExpired: () =>
      withStorageErrors(
        () => prisma.$executeRaw`DELETE FROM revocations WHERE expires_at < clock_timestamp() - interval '1 minute'`,
      ),

    startNewEpoch: (before) =>
      withStorageErrors(() =>
        prisma.$transaction(
          async (transaction) => {
            // In this order, as everybody does: first the sessions, then the counter.
            const ended = await endSessions(transaction, { createdBefore: before ?? null });
            const epoch = randomUUID();
            await transaction.$executeRaw`UPDATE revocation_counter SET epoch = ${epoch} WHERE id = 1`;
            return { epoch, ended };
          },
          { timeout: restoreTimeoutMs },
        ),
      ),

    endAllSessions: () => withStorageErrors(() => endSessions(prisma, { createdBefore: null })),

    countSessions: (before) =>
      withStorageErrors(async () => {
        const [row] = await prisma.$queryRaw<{ count: number }[]>`
          SELECT count(*)::double precision AS count FROM sessions
          WHERE ${meant({ createdBefore: before ?? null })} AND ended_at IS NULL`;
        return row?.count ?? 0;
      }),
  };
}

/**
 * Ends sessions and writes their revocations, both in the one statement. Inside a transaction it comes last.
 *
 * @returns how many ended
 */
export async function endSessions(statements: Statements, which: WhichSessions | OperatorsChoice): Promise<number> {
  const rows = await statements.$queryRaw<unknown[]>`
    WITH ending AS MATERIALIZED (
      -- In one order, so that two that end the same sessions do not wait for each other.
      SELECT id FROM sessions WHERE ${meant(which)} AND ended_at IS NULL ORDER BY id FOR UPDATE
    ), ended AS (
      UPDATE sessions SET ended_at = clock_timestamp() FROM ending WHERE sessions.id = ending.id
      RETURNING sessions.id
    ), amount AS MATERIALIZED (
      SELECT count(*) AS number FROM ended
    ), numbers AS (
      UPDATE revocation_counter SET last = last + amount.number FROM amount
      WHERE revocation_counter.id = 1 AND amount.number > 0
      RETURNING last - amount.number AS before
    )
    INSERT INTO revocations (seq, kind, id, expires_at)
    SELECT before + row_number() OVER (), 'session', ended.id, clock_timestamp() + ${seconds(revocationSeconds)}
    FROM ended, numbers
    RETURNING 1`;
  return rows.length;
}

/**
 * Writes the revocation of one access token, unless there is one or nobody can take the token any more. Two that do so at the same
 * moment may both write: that is one entry too many, and changes nothing.
 *
 * @returns whether it was written
 */
export async function revokeToken(statements: Statements, { id, expiresAt }: RevokedToken): Promise<boolean> {
  const until = Prisma.sql`to_timestamp(${expiresAt + marginSeconds}::double precision)`;
  const rows = await statements.$queryRaw<unknown[]>`
    WITH number AS (
      UPDATE revocation_counter SET last = last + 1
      WHERE revocation_counter.id = 1 AND ${until} > clock_timestamp()
        AND NOT EXISTS (SELECT FROM revocations WHERE kind = 'token' AND revocations.id = ${id})
      RETURNING last
    )
    INSERT INTO revocations (seq, kind, id, expires_at)
    SELECT last, 'token', ${id}, ${until} FROM number
    RETURNING 1`;
  return rows.length > 0;
}

export async function isTokenRevoked(statements: Statements, id: string): Promise<boolean> {
  const rows = await statements.$queryRaw<unknown[]>`
    SELECT 1 FROM revocations WHERE kind = 'token' AND id = ${id} LIMIT 1`;
  return rows.length > 0;
}

function meant(which: WhichSessions | OperatorsChoice): Prisma.Sql {
  if ("refreshSecretId" in which) return Prisma.sql`refresh_secret_id = ${which.refreshSecretId}`;
  if ("createdBefore" in which) {
    const { createdBefore } = which;
    return createdBefore === null ? Prisma.sql`true` : Prisma.sql`created_at < ${createdBefore}`;
  }
  if ("sessionId" in which) {
    const { sessionId, userId } = which;
    return userId === undefined ? Prisma.sql`id = ${sessionId}` : Prisma.sql`id = ${sessionId} AND user_id = ${userId}`;
  }
  const { userId, exceptSessionId, amr } = which;
  const exceptThis = exceptSessionId === undefined ? Prisma.empty : Prisma.sql`AND id <> ${exceptSessionId}`;
  const begunSo = amr === undefined ? Prisma.empty : Prisma.sql`AND amr = ${amr}`;
  return Prisma.sql`user_id = ${userId} ${exceptThis} ${begunSo}`;
}

function toRevocation({ seq, kind, id, expiresAt }: StoredRevocation): StoredRevocation {
  return { seq, kind, id, expiresAt };
}
