// How often something was tried, counted for all replicas: in one statement each, and taken back in one for all.

import type { CounterStore } from "@signet/accounts/stores";
import type { Pool, QueryConfig } from "pg";
import { RateLimiterPostgres } from "rate-limiter-flexible";
import { withStorageErrors } from "./storage-errors.ts";
import { createTakeBacks } from "./take-backs.ts";

const table = "attempt_counters";
const removeLimit = 5_000;

export interface RemovableCounters extends CounterStore {
  /** Removes what is over. Not more than some thousands at once, so that nobody has to wait for it. @returns how many */
  removeExpired(): Promise<number>;
}

export function createCounterStore(pool: Pool, onQuery: () => void): RemovableCounters {
  const client = {
    // Without the name that the limiter gives it: all connections to the embedded database share one set of prepared statements.
    query: ({ text, values }: QueryConfig) => {
      onQuery();
      return pool.query({ text, ...(values === undefined ? {} : { values }) });
    },
  };

  const takeBack = createTakeBacks({ table, query: client.query });

  return {
    counter({ name, windowSeconds }) {
      const limiter = new RateLimiterPostgres({
        storeClient: client,
        storeType: "pool",
        tableName: table,
        tableCreated: true,
        clearExpiredByTimeout: false,
        keyPrefix: name,
        duration: windowSeconds,
        // It asks for a limit; here it counts, and somebody else compares.
        points: Number.MAX_SAFE_INTEGER,
      });
      return {
        add: (key) =>
          withStorageErrors(async () => {
            const { consumedPoints, msBeforeNext } = await limiter.penalty(key);
            return { count: consumedPoints, secondsLeft: msBeforeNext / 1000 };
          }),
        takeBack: (key) => takeBack(limiter.getKey(key)),
      };
    },

    removeExpired: () =>
      withStorageErrors(async () => {
        const { rowCount } = await client.query({
          text: `DELETE FROM ${table} WHERE key IN (SELECT key FROM ${table} WHERE expire < $1 ORDER BY expire LIMIT ${removeLimit})`,
          values: [Date.now()],
        });
        return rowCount ?? 0;
      }),
  };
}
