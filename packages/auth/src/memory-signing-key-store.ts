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
      rows.set(key.number, {
        ...structuredClone(key),
        publishedAt: new Date(now),
        activeAt: new Date(now + activeAfterSeconds * 1000),
        retiredAt: null,
        revokedAt: null,
      });
    },
  };
}
