// How often something was tried, counted for all replicas: on all counters of an attempt in one statement, and taken back in one for all.

import type { Counter, CounterStore } from "@signet/accounts/stores";
import type { Pool, QueryConfig, QueryResult, QueryResultRow } from "pg";
import { withStorageErrors } from "./storage-errors.ts";
import { createTakeBacks } from "./take-backs.ts";

const table = "attempt_counters";
const removeLimit = 5_000;

export interface RemovableCounters extends CounterStore {
  /** Removes what is over. Not more than some thousands at once, so that nobody has to wait for it. @returns how many */
  removeExpired(): Promise<number>;
}

/** A counter that had no room and was left as it is, or was counted and is now at `points`. */
interface CountedRow {
  key: string;
  points: number;
  secondsLeft: number;
  counted: boolean;
}

// One whose time is over begins anew. Rows are locked in the order of their keys, as everywhere: two statements for the same
// ones would wait for each other else.
const countText = `
  WITH asked AS MATERIALIZED (
    SELECT key, most, $4::bigint + 1000 * seconds AS expire
    FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS asked (key, most, seconds)
  ), full_ones AS MATERIALIZED (
    SELECT ${table}.key, points, ${table}.expire
    FROM asked JOIN ${table} ON ${table}.key = asked.key
    WHERE points >= most AND ${table}.expire > $4
  ), counted AS (
    INSERT INTO ${table} AS before (key, points, expire)
    SELECT key, 1, expire FROM asked WHERE NOT EXISTS (SELECT FROM full_ones) ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
      points = CASE WHEN before.expire > $4 THEN before.points + 1 ELSE 1 END,
      expire = CASE WHEN before.expire > $4 THEN before.expire ELSE excluded.expire END
    RETURNING key, points, expire
  )
  SELECT key, points, (expire - $4)::float8 / 1000 AS "secondsLeft", false AS counted FROM full_ones
  UNION ALL
  SELECT key, points, (expire - $4)::float8 / 1000, true FROM counted`;

export function createCounterStore(pool: Pool, onQuery: () => void): RemovableCounters {
  function query<Row extends QueryResultRow>(config: QueryConfig): Promise<QueryResult<Row>> {
    onQuery();
    return pool.query<Row>(config);
  }

  const takeBackRow = createTakeBacks({ table, query });

  async function takeBack(counters: readonly Counter[]): Promise<void> {
    await Promise.all(counters.map(({ key }) => takeBackRow(key)));
  }

  return {
    async count(counters) {
      const columns = [
        counters.map(({ key }) => key),
        counters.map(({ most }) => most),
        counters.map(({ windowSeconds }) => windowSeconds),
      ];
      const { rows } = await withStorageErrors(() =>
        query<CountedRow>({ text: countText, values: [...columns, Date.now()] }),
      );
      const full = counters.flatMap((counter) => {
        const row = rows.find(({ key }) => key === counter.key);
        const hasRoom = row !== undefined && row.counted && row.points <= counter.most;
        return row === undefined || hasRoom ? [] : [{ ...counter, secondsLeft: row.secondsLeft }];
      });
      // Others came between the look and the count.
      if (full.length > 0 && rows.some(({ counted }) => counted)) await takeBack(counters);
      return full;
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
