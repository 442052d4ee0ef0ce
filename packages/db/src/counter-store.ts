// How often something was tried, counted for all replicas: on all counters of an attempt in one statement, and taken back in one for all.

import type { Counter, CounterStore, FullCounter } from "@signet/accounts/stores";
import type { Pool, QueryConfig, QueryResult, QueryResultRow } from "pg";
import { withStorageErrors } from "./storage-errors.ts";
import { createTakeBacks } from "./take-backs.ts";

const table = "attempt_counters";
const removeLimit = 5_000;

export interface RemovableCounters extends CounterStore {
  /** Removes what is over. Not more than some thousands at once, so that nobody has to wait for it. @returns how many */
  removeExpired(): Promise<number>;
}

interface CountedRow {
  key: string;
  points: number;
  secondsLeft: number;
}

// One whose time is over begins anew. Rows are locked in the order of their keys, as everywhere: two statements for the same
// ones would wait for each other else.
const countText = `
  INSERT INTO ${table} AS before (key, points, expire)
  SELECT key, 1, $4::bigint + 1000 * seconds
  FROM unnest($1::text[], $3::bigint[]) AS asked (key, seconds)
  WHERE NOT EXISTS (
    SELECT FROM unnest($1::text[], $2::bigint[]) AS asked (key, most) JOIN ${table} USING (key)
    WHERE points >= most AND expire > $4
  )
  ORDER BY key
  ON CONFLICT (key) DO UPDATE SET
    points = CASE WHEN before.expire > $4 THEN before.points + 1 ELSE 1 END,
    expire = CASE WHEN before.expire > $4 THEN before.expire ELSE excluded.expire END
  RETURNING key, points, (expire - $4)::float8 / 1000 AS "secondsLeft"`;

const lookText = `
  SELECT key, points, (expire - $2)::float8 / 1000 AS "secondsLeft" FROM ${table} WHERE key = ANY ($1) AND expire > $2::bigint`;

export function createCounterStore(pool: Pool, onQuery: () => void): RemovableCounters {
  function query<Row extends QueryResultRow>(config: QueryConfig): Promise<QueryResult<Row>> {
    onQuery();
    return pool.query<Row>(config);
  }

  const rowsOf = async (config: QueryConfig) => (await withStorageErrors(() => query<CountedRow>(config))).rows;
  const takeBackRow = createTakeBacks({ table, query });

  async function takeBack(counters: readonly Counter[]): Promise<void> {
    await Promise.all(counters.map(({ key }) => takeBackRow(key)));
  }

  return {
    async count(counters) {
      const keys = counters.map(({ key }) => key);
      const most = counters.map((counter) => counter.most);
      const seconds = counters.map(({ windowSeconds }) => windowSeconds);
      while (counters.length > 0) {
        const now = Date.now();
        const counted = await rowsOf({ text: countText, values: [keys, most, seconds, now] });
        if (counted.length > 0) {
          const full = fullOnes(counters, counted, (counter, points) => points > counter.most);
          // Others came between the look and the count.
          if (full.length > 0) await takeBack(counters);
          return full;
        }
        const found = await rowsOf({ text: lookText, values: [keys, now] });
        const full = fullOnes(counters, found, (counter, points) => points >= counter.most);
        // Where there is room by now, it is counted after all.
        if (full.length > 0) return full;
      }
      return [];
    },

    takeBack,

    removeExpired: () =>
      withStorageErrors(async () => {
        const { rowCount } = await query({
          text: `DELETE FROM ${table} WHERE key IN (SELECT key FROM ${table} WHERE expire < $1 ORDER BY expire LIMIT ${removeLimit})`,
          values: [Date.now()],
        });
        return rowCount ?? 0;
      }),
  };
}

function fullOnes(
  counters: readonly Counter[],
  rows: readonly CountedRow[],
  isFull: (counter: Counter, points: number) => boolean,
): FullCounter[] {
  return counters.flatMap((counter) => {
    const row = rows.find(({ key }) => key === counter.key);
    return row !== undefined && isFull(counter, row.points) ? [{ ...counter, secondsLeft: row.secondsLeft }] : [];
  });
}
