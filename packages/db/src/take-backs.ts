// What was counted and is taken back. A sign-in that succeeds takes back three counts at once, and others do so at the same moment:
// all of them are one statement.

import type { CountedCounter } from "@signet/accounts/stores";
import type { QueryConfig } from "pg";
import { withStorageErrors } from "./storage-errors.ts";

export interface TakeBacksOptions {
  table: string;
  query(query: QueryConfig): Promise<unknown>;
}

type Window = Pick<CountedCounter, "key" | "until">;

/** @returns takes one back from each, in the windows they were counted in. @throws AuthError `storage_unavailable` */
export function createTakeBacks({ table, query }: TakeBacksOptions): (counted: readonly Window[]) => Promise<void> {
  // Rows are locked in the order of their keys, as everywhere: two statements for the same ones would wait for each other else.
  const text = `
    UPDATE ${table} SET points = points - taken.times
    FROM unnest($1::text[], $2::bigint[], $3::int[]) AS taken (key, until, times)
    WHERE ${table}.key = taken.key AND expire = until
      AND ${table}.key = ANY (ARRAY(SELECT key FROM ${table} WHERE key = ANY ($1) ORDER BY key FOR UPDATE))`;
  let gathered: { windows: Window[]; done: Promise<void> } | undefined;

  async function takeBackGathered(windows: readonly Window[]): Promise<void> {
    // After everybody who asks in this turn.
    await Promise.resolve();
    gathered = undefined;
    const times = new Map<string, Window & { times: number }>();
    for (const { key, until } of windows) {
      const name = `${until} ${key}`;
      times.set(name, { key, until, times: (times.get(name)?.times ?? 0) + 1 });
    }
    const rows = [...times.values()];
    const values = [rows.map(({ key }) => key), rows.map(({ until }) => until), rows.map((row) => row.times)];
    await withStorageErrors(() => query({ text, values }));
  }

  return (counted) => {
    if (gathered === undefined) {
      const windows: Window[] = [];
      gathered = { windows, done: takeBackGathered(windows) };
    }
    gathered.windows.push(...counted);
    return gathered.done;
  };
}
