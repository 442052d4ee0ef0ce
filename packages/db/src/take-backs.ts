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
    UPDATE ${table} SET points = points - ($2::int[])[array_position($1, key::text)]
    WHERE key = ANY (ARRAY(SELECT key FROM ${table} WHERE key = ANY ($1::text[]) ORDER BY key FOR UPDATE))`;
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
