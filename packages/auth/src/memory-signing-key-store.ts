// The key table in memory: for tests and for trying things out.

import type { Clock } from "./clock.ts";
import type { SigningKeyRecord, SigningKeyStore } from "./signing-key-store.ts";

export interface MemorySigningKeyStore extends SigningKeyStore {
  /** The table itself, by number: what a test changes here is what the next `listKeys` tells. */
  readonly rows: Map<number, SigningKeyRecord>;
}

/** The clock stands in for the database's. */
export function createMemorySigningKeyStore(clock: Clock): MemorySigningKeyStore {
  const rows = new Map<number, SigningKeyRecord>();
  return {
    rows,
    async listKeys() {
      const keys = [...rows.values()].toSorted((a, b) => a.number - b.number);
      return { keys: structuredClone(keys), now: clock() };
    },
    async insertKey({ activeAfterSeconds, ...key }) {
      if (rows.has(key.number)) return;
      const now = clock();
      const activeAt = new Date(now + activeAfterSeconds * 1000);
      for (const row of rows.values()) {
        const isFollowed = row.secretId === key.secretId && row.algorithm === key.algorithm && row.number < key.number;
        if (isFollowed && (row.retiredAt === null || row.retiredAt.getTime() > now)) row.retiredAt = activeAt;
      }
      rows.set(key.number, {
        ...structuredClone(key),
        publishedAt: new Date(now),
        activeAt,
        retiredAt: null,
        revokedAt: null,
      });
    },
    async revokeKeys(which) {
      const meant = [...rows.values()].filter((row) =>
        "kid" in which ? row.kid === which.kid : row.secretId === which.secretId,
      );
      const revoked = meant.filter(({ revokedAt }) => revokedAt === null);
      for (const row of revoked) row.revokedAt = new Date(clock());
      const isElsewhere = "kid" in which && meant.length === 0;
      return { kids: isElsewhere ? [which.kid] : revoked.map(({ kid }) => kid), sessions: 0 };
    },
  };
}
