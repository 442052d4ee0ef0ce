// How often something was tried, counted for all replicas: on all counters of an attempt in one statement, and taken back in one for all.

import type { CountedCounter, Counter, CounterStore, FullCounter } from "@signet/accounts/stores";
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
  until: string;
}

// One whose time is over begins anew. The look holds the rows until they are counted: of many who come for the last place one is counted,
// and the others nowhere, not for a moment. Rows are locked in the order of their keys, as everywhere: two statements for the same ones
// would wait for each other else.
const countText = `
  WITH held AS MATERIALIZED (
    SELECT key, points, expire FROM ${table} WHERE key = ANY ($1::text[]) ORDER BY key FOR UPDATE
  )
  INSERT INTO ${table} AS before (key, points, expire)
  SELECT key, 1, $4::bigint + 1000 * seconds
  FROM unnest($1::text[], $3::bigint[]) AS asked (key, seconds)
  WHERE NOT EXISTS (
    SELECT FROM unnest($1::text[], $2::bigint[]) AS asked (key, most) JOIN held USING (key)
    WHERE points >= most AND expire > $4
  )
  ORDER BY key
  ON CONFLICT (key) DO UPDATE SET
    points = CASE WHEN before.expire > $4 THEN before.points + 1 ELSE 1 END,
    expire = CASE WHEN before.expire > $4 THEN before.expire ELSE excluded.expire END
  RETURNING key, points, expire AS until`;

const lookText = `SELECT key, points, expire AS until FROM ${table} WHERE key = ANY ($1) AND expire > $2::bigint`;

// What has begun anew meanwhile stays.
const removeText = `
  DELETE FROM ${table} WHERE key = ANY (ARRAY(
    SELECT key FROM ${table} WHERE expire < $1 ORDER BY expire LIMIT ${removeLimit} FOR UPDATE SKIP LOCKED
  ))`;

export function createCounterStore(pool: Pool, onQuery: () => void): RemovableCounters {
  function query<Row extends QueryResultRow>(config: QueryConfig): Promise<QueryResult<Row>> {
    onQuery();
    return pool.query<Row>(config);
  }

  const rowsOf = async (config: QueryConfig) => (await withStorageErrors(() => query<CountedRow>(config))).rows;
  const takeBack = createTakeBacks({ table, query });

  return {
    async count(counters) {
      const keys = counters.map(({ key }) => key);
      const most = counters.map((counter) => counter.most);
      const seconds = counters.map(({ windowSeconds }) => windowSeconds);
      while (counters.length > 0) {
        const now = Date.now();
        const rows = await rowsOf({ text: countText, values: [keys, most, seconds, now] });
        if (rows.length > 0) {
          const counted = withRows(counters, rows);
          // Of many who come for a key that nobody has seen, there was no row to hold.
          const full = counted.filter((counter) => counter.points > counter.most).map(toFull(now));
          if (full.length === 0) return { counted, full };
          await takeBack(counted);
          return { counted: [], full };
        }
        const found = withRows(counters, await rowsOf({ text: lookText, values: [keys, now] }));
        const full = found.filter((counter) => counter.points >= counter.most).map(toFull(now));
        // Where there is room by now, it is counted after all.
        if (full.length > 0) return { counted: [], full };
      }
      return { counted: [], full: [] };
    },

    takeBack,

    removeExpired: () =>
      withStorageErrors(async () => (await query({ text: removeText, values: [Date.now()] })).rowCount ?? 0),
  };
}

type FoundCounter = CountedCounter & { points: number };

function withRows(counters: readonly Counter[], rows: readonly CountedRow[]): FoundCounter[] {
  return counters.flatMap((counter) => {
    const row = rows.find(({ key }) => key === counter.key);
    return row === undefined ? [] : [{ ...counter, points: row.points, until: Number(row.until) }];
  });
}

const toFull =
  (now: number) =>
  ({ key, most, windowSeconds, until }: FoundCounter): FullCounter => ({
    key,
    most,
    windowSeconds,
    secondsLeft: (until - now) / 1000,
  });
