// What was counted and is taken back. A sign-in that succeeds takes back three counts at once, and others do so at the same moment:
// all of them are one statement.

import type { CountedCounter } from "@signet/accounts/stores";
import type { QueryConfig } from "pg";
import { withStorageErrors } from "./storage-errors.ts";

export interface TakeBacksOptions {
  table: string;
  query(query: QueryConfig): Promise<unknown>;
}

/** @returns takes one back from each, in the window it was counted in. @throws AuthError `storage_unavailable` */
export function createTakeBacks({
  table,
  query,
}: TakeBacksOptions): (counted: readonly CountedCounter[]) => Promise<void> {
  // Rows are locked in the order of their keys, as everywhere: two statements for the same ones would wait for each other else.
  const text = `
    UPDATE ${table} SET points = points - times
    FROM (
      SELECT key, until, count(*) AS times FROM unnest($1::text[], $2::bigint[]) AS one (key, until) GROUP BY key, until
    ) AS taken
    WHERE ${table}.key = taken.key AND expire = until
      AND ${table}.key = ANY (ARRAY(SELECT key FROM ${table} WHERE key = ANY ($1) ORDER BY key FOR UPDATE))`;
  let gathered: { counted: CountedCounter[]; done: Promise<void> } | undefined;

  async function takeBackGathered(counted: readonly CountedCounter[]): Promise<void> {
    // After everybody who asks in this turn.
    await Promise.resolve();
    gathered = undefined;
    const values = [counted.map(({ key }) => key), counted.map(({ until }) => until)];
    await withStorageErrors(() => query({ text, values }));
  }

  return (counted) => {
    if (gathered === undefined) {
      const all: CountedCounter[] = [];
      gathered = { counted: all, done: takeBackGathered(all) };
    }
    gathered.counted.push(...counted);
    return gathered.done;
  };
}
