// Counters of attempts, on a true PostgreSQL and embedded: by several processes at once.

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Counter } from "@signet/accounts/stores";
import { counterStoreContract } from "@signet/accounts/testing";
import { createDatabase, type Database, openEmbeddedDatabase } from "@signet/db";
import { createTestDatabase } from "@signet/db/testing";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

interface Opened {
  connectionString: string;
  maxConnections?: number;
  close(): Promise<void>;
}

const postgres = "a true PostgreSQL";
const kinds: Record<string, () => Promise<Opened>> = {
  [postgres]: async () => {
    const { connectionString, drop } = await createTestDatabase();
    return { connectionString, close: drop };
  },
  "the embedded database": async () => {
    const embedded = await openEmbeddedDatabase({ dataDir: temporaryFolder() });
    return { ...embedded.connection, close: () => embedded.close() };
  },
};

describe.each(Object.entries(kinds))("counters on %s (PWD-08)", (kind, open) => {
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
  const fullNow = async (database: Database, counter: Counter) => (await database.counters.count([counter])).full;
  /** How often such a key was counted, by counting on until there is no room. */
  async function countOf(key: string, most = 300): Promise<number> {
    for (let room = 0; ; room += 1) if ((await fullNow(one, often(key, most))).length > 0) return most - room;
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
    expect(refused.filter(({ full }) => full.length === 0)).toHaveLength(5);
    expect(await countOf("200 at once/near")).toBe(5);
    expect(await countOf("200 at once/day")).toBe(5);
  });

  it("200 at once for the last place of an address: one is counted, and the others not even for a moment", async () => {
    const [near, account] = [often("last place/near", 2), often("last place/account")];
    await one.counters.count([near, account]);
    const client = new Client(opened);
    await client.connect();
    const atMost = "CHECK (key NOT LIKE 'last place/%' OR points <= 2)";
    await client.query(`ALTER TABLE attempt_counters ADD CONSTRAINT not_one_more ${atMost}`);
    const refused = await Promise.all(
      Array.from({ length: 200 }, (_, number) => (number % 2 === 0 ? one : other).counters.count([near, account])),
    );
    await client.query("ALTER TABLE attempt_counters DROP CONSTRAINT not_one_more");
    await client.end();
    expect(refused.filter(({ full }) => full.length === 0)).toHaveLength(1);
  });

  it("240 taken back at once over two servers, while others are counted, in any order: none is lost", async () => {
    const counters = ["a", "b", "c"].map((name) => often(`back/${name}`));
    // In another order in each turn, and not all in one statement.
    const inTurns = <Result>(work: (database: Database, inOrder: typeof counters, turn: number) => Promise<Result>) =>
      Promise.all(
        Array.from({ length: 80 }, async (_, turn) => {
          for (let before = 0; before < turn; before += 1) await nextTurn();
          const first = turn % counters.length;
          return work(turn % 2 === 0 ? one : other, [...counters.slice(first), ...counters.slice(0, first)], turn);
        }),
      );
    const count = (database: Database, inOrder: typeof counters) => database.counters.count(inOrder);
    const before = await inTurns(count);
    await Promise.all([
      inTurns((database, _inOrder, turn) => database.counters.takeBack(before[turn]?.counted ?? [])),
      inTurns(count),
    ]);
    expect(await Promise.all(counters.map(({ key }) => countOf(key)))).toEqual([80, 80, 80]);
  });

  it("an attempt is one statement, however much it is counted on; so is all that is taken back together", async () => {
    const counters = ["first", "second", "third"].map((name) => often(`one/${name}`));
    const before = one.queries();
    const first = await one.counters.count(counters);
    expect(one.queries()).toBe(before + 1);
    const second = await one.counters.count(counters);
    await Promise.all([first, second].map(({ counted }) => one.counters.takeBack(counted)));
    expect(one.queries()).toBe(before + 3);
    expect(await Promise.all(counters.map(({ key }) => countOf(key)))).toEqual([0, 0, 0]);
  });

  it.each([0, 1])(
    "what is taken back when its time is over gives no room in the time after, %s of which were counted",
    async (again) => {
      vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
      const counter = { key: `late/${again}`, most: 2, windowSeconds: 60 };
      const { counted } = await one.counters.count([counter]);
      vi.setSystemTime(Date.now() + 60_001);
      for (let time = 0; time < again; time += 1) await one.counters.count([counter]);
      await one.counters.takeBack(counted);
      for (let time = again; time < 2; time += 1) expect(await fullNow(one, counter)).toEqual([]);
      expect(await fullNow(one, counter)).toHaveLength(1);
    },
  );

  it("what is counted or taken back by one server is so for the other", async () => {
    const { counted } = await one.counters.count([once("shared")]);
    expect(await fullNow(other, once("shared"))).toMatchObject([{ key: "shared" }]);
    await other.counters.takeBack(counted);
    expect(await fullNow(one, once("shared"))).toEqual([]);
  });

  it("count anew when the time is over, which began with the first; then the old rows are removed", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    await one.counters.count([once("old")]);
    vi.setSystemTime(Date.now() + 59_000);
    await one.counters.removeExpired();
    expect(await fullNow(one, once("old"))).toEqual([{ ...once("old"), secondsLeft: 1 }]);
    vi.setSystemTime(Date.now() + 1_001);
    expect(await fullNow(one, once("old"))).toEqual([]);
    expect(await fullNow(one, once("old"))).toEqual([{ ...once("old"), secondsLeft: 60 }]);
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(await one.counters.removeExpired()).toBeGreaterThan(0);
    expect(await one.counters.removeExpired()).toBe(0);
  });

  // The embedded database has no second transaction beside an open one.
  it.runIf(kind === postgres)("removing waits for nobody, and leaves what began anew meanwhile", async () => {
    vi.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ["Date"] });
    await one.counters.count([once("over/stays"), once("over/goes")]);
    vi.useRealTimers();
    const client = new Client(opened);
    await client.connect();
    await client.query("BEGIN");
    const anew = "UPDATE attempt_counters SET expire = $1 WHERE key = 'over/stays'";
    await client.query(anew, [Date.now() + 60_000]);
    expect(await one.counters.removeExpired()).toBe(1);
    await client.query("COMMIT");
    await client.end();
    expect(await fullNow(one, once("over/stays"))).toHaveLength(1);
    expect(await fullNow(one, once("over/goes"))).toEqual([]);
  });

  it("hostile keys are text (SRV-12)", async () => {
    for (const key of ["'; DROP TABLE users; --", "$1", "__proto__", "%s", "\\", '{"a",b}', "NULL"]) {
      expect(await fullNow(one, once(key))).toEqual([]);
      expect(await fullNow(one, once(key))).toMatchObject([{ key }]);
    }
    expect(await one.accounts.listUsers("", 1)).toEqual([]);
  });
});

it("say that storage is not available where there is none (F45)", async () => {
  const database = createDatabase({ connectionString: "postgresql://127.0.0.1:1/nowhere", timeoutMs: 500 });
  const counter = { key: "x", most: 1, windowSeconds: 60 };
  await expect(database.counters.count([counter])).rejects.toMatchObject({
    reason: "storage_unavailable",
    retryAfterSeconds: 1,
  });
  await expect(database.counters.takeBack([{ ...counter, until: 1 }])).rejects.toMatchObject({
    reason: "storage_unavailable",
  });
  await database.close();
});
