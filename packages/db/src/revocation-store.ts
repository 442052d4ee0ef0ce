// The table of what has been ended. A number is taken last in a transaction: the lock of the counter's row makes the order of commits the
// order of numbers, without gaps, so that whoever has read up to one number misses nothing that was committed before.

import type { StoredRevocation, WhichSessions } from "@signet/accounts/stores";
import { Prisma, type PrismaClient } from "./generated/client.ts";
import { seconds } from "./session-rows.ts";
import { withStorageErrors } from "./storage-errors.ts";

/** The most that an access token may live, and a margin for clocks. */
const revocationSeconds = 900 + 120;

export interface RevocationStore {
  /** Those with a number above `after` that still matter, in order, and the highest number given out so far. */
  listRevocations(after: number, limit: number): Promise<{ entries: StoredRevocation[]; last: number }>;
  /** Removes entries that no token needs any more. @returns how many */
  removeExpired(): Promise<number>;
}

/** What runs a statement: the client, or a transaction of it. */
export type Statements = Pick<PrismaClient, "$queryRaw">;

export function createRevocationStore(prisma: PrismaClient): RevocationStore {
  return {
    listRevocations: (after, limit) =>
      withStorageErrors(async () => {
        // One statement, and so one snapshot: `last` is never ahead of what is listed.
        const rows = await prisma.$queryRaw<({ last: number } & (StoredRevocation | { seq: null }))[]>`
          SELECT counter.last::double precision AS last, seq::double precision AS seq, kind, entry.id,
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
        return { entries, last: first.last };
      }),

    removeExpired: () =>
      withStorageErrors(
        () => prisma.$executeRaw`DELETE FROM revocations WHERE expires_at < clock_timestamp() - interval '1 minute'`,
      ),
  };
}

/**
 * Ends sessions and writes their revocations, both in the one statement. Inside a transaction it comes last.
 *
 * @returns how many ended
 */
export async function endSessions(statements: Statements, which: WhichSessions): Promise<number> {
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

function meant(which: WhichSessions): Prisma.Sql {
  if ("sessionId" in which) {
    const { sessionId, userId } = which;
    return userId === undefined ? Prisma.sql`id = ${sessionId}` : Prisma.sql`id = ${sessionId} AND user_id = ${userId}`;
  }
  const { userId, exceptSessionId } = which;
  return exceptSessionId === undefined
    ? Prisma.sql`user_id = ${userId}`
    : Prisma.sql`user_id = ${userId} AND id <> ${exceptSessionId}`;
}

function toRevocation({ seq, kind, id, expiresAt }: StoredRevocation): StoredRevocation {
  return { seq, kind, id, expiresAt };
}
