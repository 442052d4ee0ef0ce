// The public halves of the signing keys, and what the private ones are derived from besides the secret.

import type { AsymmetricAlgorithm, SigningKeyRecord, SigningKeyStore, WhichKeys } from "@signet/auth/keys";
import { Prisma, type PrismaClient } from "./generated/client.ts";
import { endSessions, type Statements } from "./revocation-store.ts";
import { withStorageErrors } from "./storage-errors.ts";

type Row = { now: Date } & (SigningKeyRecord | { number: null });

const algorithms: readonly string[] = ["ES256", "Ed25519", "RS256"] satisfies AsymmetricAlgorithm[];

export function createSigningKeyStore(prisma: PrismaClient): SigningKeyStore {
  return {
    listKeys: () =>
      withStorageErrors(async () => {
        // One statement, so that the clock and the keys are read at the same moment; without keys it is the clock alone.
        const rows = await prisma.$queryRaw<Row[]>`
          SELECT clock_timestamp() AS now, number, algorithm, kid, public_jwk AS "publicJwk", salt, secret_id AS "secretId",
            published_at AS "publishedAt", active_at AS "activeAt", retired_at AS "retiredAt", revoked_at AS "revokedAt"
          FROM (VALUES (1)) AS one LEFT JOIN signing_keys ON true
          ORDER BY number`;
        const [first] = rows;
        if (first === undefined) throw new Error("The database did not tell its time.");
        return { keys: rows.flatMap(toRecord), now: first.now.getTime() };
      }),

    insertKey: (key) =>
      withStorageErrors(async () => {
        await prisma.$executeRaw`
          WITH moment AS MATERIALIZED (
            SELECT clock_timestamp() AS now
          ), added AS (
            INSERT INTO signing_keys (number, algorithm, kid, public_jwk, salt, secret_id, published_at, active_at)
            SELECT ${key.number}, ${key.algorithm}, ${key.kid}, ${JSON.stringify(key.publicJwk)}::jsonb, ${key.salt}::bytea, ${key.secretId},
              now, now + make_interval(secs => ${key.activeAfterSeconds}::double precision)
            FROM moment
            ON CONFLICT (number) DO NOTHING
            RETURNING number, algorithm, secret_id, active_at
          )
          UPDATE signing_keys AS former SET retired_at = added.active_at
          FROM added, moment
          WHERE former.number < added.number AND former.algorithm = added.algorithm AND former.secret_id = added.secret_id
            AND (former.retired_at IS NULL OR former.retired_at > moment.now)`;
      }),

    revokeKeys: (which) =>
      withStorageErrors(() =>
        prisma.$transaction(async (transaction) => {
          // In the order of everybody: sessions, then the counter, which is held until the end.
          const sessions = "kid" in which ? 0 : await endSessions(transaction, { refreshSecretId: which.secretId });
          return { kids: await revokeKeys(transaction, which), sessions };
        }),
      ),
  };
}

/** Revocations of keys stay for good. @returns the kids that were not revoked before */
async function revokeKeys(statements: Statements, which: WhichKeys): Promise<string[]> {
  const meant =
    "kid" in which
      ? Prisma.sql`SELECT ${which.kid}::text AS kid`
      : Prisma.sql`SELECT kid FROM signing_keys WHERE secret_id = ${which.secretId}`;
  const rows = await statements.$queryRaw<{ kid: string }[]>`
    WITH held AS MATERIALIZED (
      -- Two that revoke the same key at once: the second one waits here, and then sees what the first one wrote.
      UPDATE revocation_counter SET last = last WHERE id = 1 RETURNING id
    )
    SELECT meant.kid FROM held, (${meant}) AS meant`;
  const kids = rows.map(({ kid }) => kid);
  await statements.$queryRaw`
    UPDATE signing_keys SET revoked_at = clock_timestamp() WHERE kid = ANY(${kids}) AND revoked_at IS NULL RETURNING 1`;
  const written = await statements.$queryRaw<{ kid: string }[]>`
    WITH fresh AS MATERIALIZED (
      SELECT kid FROM unnest(${kids}::text[]) AS kid
      WHERE NOT EXISTS (SELECT FROM revocations WHERE kind = 'key' AND id = kid)
    ), amount AS MATERIALIZED (
      SELECT count(*) AS number FROM fresh
    ), numbers AS (
      UPDATE revocation_counter SET last = last + amount.number FROM amount WHERE revocation_counter.id = 1
      RETURNING last - amount.number AS before
    )
    INSERT INTO revocations (seq, kind, id, expires_at)
    SELECT before + row_number() OVER (), 'key', kid, NULL FROM fresh, numbers
    RETURNING id AS kid`;
  return written.map(({ kid }) => kid);
}

function toRecord(row: Row): SigningKeyRecord[] {
  // A newer version may know more algorithms; its keys are not for us.
  if (row.number === null || !algorithms.includes(row.algorithm)) return [];
  const { number, algorithm, kid, publicJwk, salt, secretId, publishedAt, activeAt, retiredAt, revokedAt } = row;
  return [{ number, algorithm, kid, publicJwk, salt, secretId, publishedAt, activeAt, retiredAt, revokedAt }];
}
