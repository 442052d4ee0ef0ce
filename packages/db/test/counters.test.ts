// Counters of attempts, on a true PostgreSQL and embedded: by several processes at once.

import { setImmediate as nextTurn } from "node:timers/promises";
import { counterStoreContract } from "@signet/accounts/testing";
import { createDatabase, type Database, openEmbeddedDatabase } from "@signet/db";
import { createTestDatabase } from "@signet/db/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

interface Opened {
  connectionString: string;
  maxConnections?: number;
  close(): Promise<void>;
}

const kinds: Record<string, () => Promise<Opened>> = {
  "a true PostgreSQL": async () => {
    const { connectionString, drop } = await createTestDatabase();
    return { connectionString, close: drop };
  },
  "the embedded database": async () => {
    const embedded = await openEmbeddedDatabase({ dataDir: temporaryFolder() });
    return { ...embedded.connection, close: () => embedded.close() };
  },
};

describe.each(Object.entries(kinds))("counters on %s (PWD-08)", (_kind, open) => {
  let opened: Opened;
  let one: Database;
  let other: Database;
  beforeAll(async () => {
    const { close, ...connection } = await open();
    opened = { ...connection, close };
    one = createDatabase(connection);
    other = createDatabase(connection);
    await one.migrate();
  });
  afterAll(async () => {
    await one.close();
    await other.close();
    await opened.close();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const once = (key: string) => ({ key, most: 1, windowSeconds: 60 });
  const often = (key: string, most = 1_000) => ({ key, most, windowSeconds: 60 });
  /** How often such a key was counted, by counting on until there is no room. */
  async function countOf(key: string, most = 300): Promise<number> {
    for (let room = 0; ; room += 1) if ((await one.counters.count([often(key, most)])).length > 0) return most - room;
  }

  it.each(counterStoreContract(() => one.counters).map(({ name, run }) => [name, run] as const))(
    "%s",
    async (_, run) => {
      await expect(run()).resolves.toBeUndefined();
    },
  );

  it("200 at once over two servers: as many as there is room for, and nothing counted for the others", async () => {
    const counters = [often("200 at once/near"), often("200 at once/account", 5), often("200 at once/day", 100)];
    const refused = await Promise.all(
      Array.from({ length: 200 }, (_, number) => (number % 2 === 0 ? one : other).counters.count(counters)),
    );
    expect(refused.filter((full) => full.length === 0)).toHaveLength(5);
    expect(await countOf("200 at once/near")).toBe(5);
    expect(await countOf("200 at once/day")).toBe(5);
  });

  it("240 taken back at once over two servers, while others are counted, in any order: none is lost", async () => {
    const counters = ["a", "b", "c"].map((name) => often(`back/${name}`));
    // In another order in each turn, and not all in one statement.
    const inTurns = (work: (database: Database, inOrder: typeof counters) => Promise<unknown>) =>
      Promise.all(
        Array.from({ length: 80 }, async (_, turn) => {
          for (let before = 0; before < turn; before += 1) await nextTurn();
          const first = turn % counters.length;
          return work(turn % 2 === 0 ? one : other, [...counters.slice(first), ...counters.slice(0, first)]);
        }),
      );
    const count = (database: Database, inOrder: typeof counters) => database.counters.count(inOrder);
    await inTurns(count);
    await Promise.all([inTurns((database, inOrder) => database.counters.takeBack(inOrder)), inTurns(count)]);
    expect(await Promise.all(counters.map(({ key }) => countOf(key)))).toEqual([80, 80, 80]);
  });

  it("an attempt is one statement, however much it is counted on; so is all that is taken back together", async () => {
    const counters = ["first", "second", "third"].map((name) => often(`one/${name}`));
    const before = one.queries();
    await one.counters.count(counters);
    expect(one.queries()).toBe(before + 1);
    await one.counters.count(counters);
    await Promise.all([one.counters.takeBack(counters), one.counters.takeBack(counters)]);
    expect(one.queries()).toBe(before + 3);
    expect(await Promise.all(counters.map(({ key }) => countOf(key)))).toEqual([0, 0, 0]);
  });

  it("what is taken back when its time is over gives no room in the time after", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    await one.counters.count([once("late")]);
    vi.setSystemTime(Date.now() + 60_001);
    await one.counters.takeBack([once("late")]);
    expect(await one.counters.count([once("late")])).toEqual([]);
    expect(await one.counters.count([once("late")])).toHaveLength(1);
  });

  it("what is counted or taken back by one server is so for the other", async () => {
    await one.counters.count([once("shared")]);
    expect(await other.counters.count([once("shared")])).toMatchObject([{ key: "shared" }]);
    await other.counters.takeBack([once("shared")]);
    expect(await one.counters.count([once("shared")])).toEqual([]);
  });

  it("count anew when the time is over, which began with the first; then the old rows are removed", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    await one.counters.count([once("old")]);
    vi.setSystemTime(Date.now() + 59_000);
    await one.counters.removeExpired();
    expect(await one.counters.count([once("old")])).toEqual([{ ...once("old"), secondsLeft: 1 }]);
    vi.setSystemTime(Date.now() + 1_001);
    expect(await one.counters.count([once("old")])).toEqual([]);
    expect(await one.counters.count([once("old")])).toEqual([{ ...once("old"), secondsLeft: 60 }]);
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(await one.counters.removeExpired()).toBeGreaterThan(0);
    expect(await one.counters.removeExpired()).toBe(0);
  });

  it("hostile keys are text (SRV-12)", async () => {
    for (const key of ["'; DROP TABLE users; --", "$1", "__proto__", "%s", "\\", '{"a",b}', "NULL"]) {
      expect(await one.counters.count([once(key)])).toEqual([]);
      expect(await one.counters.count([once(key)])).toMatchObject([{ key }]);
    }
    expect(await one.accounts.listUsers("", 1)).toEqual([]);
  });
});

it("say that storage is not available where there is none (F45)", async () => {
  const database = createDatabase({ connectionString: "postgresql://127.0.0.1:1/nowhere", timeoutMs: 500 });
  const counters = [{ key: "x", most: 1, windowSeconds: 60 }];
  await expect(database.counters.count(counters)).rejects.toMatchObject({
    reason: "storage_unavailable",
    retryAfterSeconds: 1,
  });
  await expect(database.counters.takeBack(counters)).rejects.toMatchObject({ reason: "storage_unavailable" });
  await database.close();
});
