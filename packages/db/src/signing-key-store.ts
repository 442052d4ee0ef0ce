// The public halves of the signing keys, and what the private ones are derived from besides the secret.

import type { AsymmetricAlgorithm, SigningKeyRecord, SigningKeyStore } from "@signet/auth/keys";
import type { PrismaClient } from "./generated/client.ts";
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
          )
          INSERT INTO signing_keys (number, algorithm, kid, public_jwk, salt, secret_id, published_at, active_at)
          SELECT ${key.number}, ${key.algorithm}, ${key.kid}, ${JSON.stringify(key.publicJwk)}::jsonb, ${key.salt}::bytea, ${key.secretId},
            now, now + make_interval(secs => ${key.activeAfterSeconds}::double precision)
          FROM moment
          ON CONFLICT (number) DO NOTHING`;
      }),
  };
}

function toRecord(row: Row): SigningKeyRecord[] {
  // A newer version may know more algorithms; its keys are not for us.
  if (row.number === null || !algorithms.includes(row.algorithm)) return [];
  const { number, algorithm, kid, publicJwk, salt, secretId, publishedAt, activeAt, retiredAt, revokedAt } = row;
  return [{ number, algorithm, kid, publicJwk, salt, secretId, publishedAt, activeAt, retiredAt, revokedAt }];
}
