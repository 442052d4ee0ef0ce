// What was counted and is taken back. A sign-in that succeeds takes back three counts at once, and others do so at the same moment:
// all of them are one statement.

import type { QueryConfig } from "pg";
import { withStorageErrors } from "./storage-errors.ts";

export interface TakeBacksOptions {
  table: string;
  query(query: QueryConfig): Promise<unknown>;
}

/** @returns takes one back from the row of that key. @throws AuthError `storage_unavailable` */
export function createTakeBacks({ table, query }: TakeBacksOptions): (rowKey: string) => Promise<void> {
  // Rows are held in the order of their keys: two statements for the same ones would wait for each other else. One whose
  // time is over stays over: the next count begins anew.
  const text = `
    WITH held AS (
      SELECT key, taken.times
      FROM ${table} JOIN unnest($1::text[], $2::int[]) AS taken (row_key, times) ON key = taken.row_key
      ORDER BY key
      FOR UPDATE OF ${table}
    )
    UPDATE ${table} AS counted SET points = counted.points - held.times FROM held WHERE counted.key = held.key`;
  let gathered: { times: Map<string, number>; done: Promise<void> } | undefined;

  async function takeBackGathered(times: ReadonlyMap<string, number>): Promise<void> {
    // After everybody who asks in this turn.
    await Promise.resolve();
    gathered = undefined;
    await withStorageErrors(() => query({ text, values: [[...times.keys()], [...times.values()]] }));
  }

  return (rowKey) => {
    if (gathered === undefined) {
      const times = new Map<string, number>();
      gathered = { times, done: takeBackGathered(times) };
    }
    gathered.times.set(rowKey, (gathered.times.get(rowKey) ?? 0) + 1);
    return gathered.done;
  };
}
