// Counters of attempts, on a true PostgreSQL and embedded: by several processes at once.

import { setImmediate as nextTurn } from "node:timers/promises";
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

  const window = { name: "guesses", windowSeconds: 60 };

  it("200 at once over two servers: each has a number of its own", async () => {
    const counters = [one.counters.counter(window), other.counters.counter(window)];
    const added = await Promise.all(
      Array.from({ length: 200 }, (_, number) => counters[number % 2]?.add("200 at once")),
    );
    const counts = added.map((result) => result?.count ?? 0).toSorted((a, b) => a - b);
    expect(counts).toEqual(Array.from({ length: 200 }, (_, number) => number + 1));
  });

  it("240 taken back at once over two servers, while others are added: none is lost", async () => {
    const counters = ["a", "b", "c"].flatMap((name) =>
      [one, other].map((database) => database.counters.counter({ name: `back-${name}`, windowSeconds: 60 })),
    );
    // In another order in each turn, and not all in one statement.
    const inTurns = (work: (counter: (typeof counters)[number]) => Promise<unknown>) =>
      Promise.all(
        Array.from({ length: 40 }, async (_, turn) => {
          for (let before = 0; before < turn; before += 1) await nextTurn();
          const first = turn % counters.length;
          return Promise.all([...counters.slice(first), ...counters.slice(0, first)].map(work));
        }),
      );
    await inTurns((counter) => counter.add("everybody"));
    await Promise.all([
      inTurns((counter) => counter.takeBack("everybody")),
      inTurns((counter) => counter.add("everybody")),
    ]);
    const [counter] = counters;
    expect(await counter?.add("everybody")).toMatchObject({ count: 81 });
  });

  it("what is taken back together is one statement", async () => {
    const [first, second] = ["first", "second"].map((name) => one.counters.counter({ name, windowSeconds: 60 }));
    await Promise.all([first?.add("x"), second?.add("x"), second?.add("x")]);
    const before = one.queries();
    await Promise.all([first?.takeBack("x"), second?.takeBack("x"), second?.takeBack("x")]);
    expect(one.queries()).toBe(before + 1);
    expect([await first?.add("x"), await second?.add("x")]).toMatchObject([{ count: 1 }, { count: 1 }]);
  });

  it("what is taken back when its time is over gives no room in the time after", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    const counter = one.counters.counter({ name: "late", windowSeconds: 60 });
    await counter.add("x");
    vi.setSystemTime(Date.now() + 60_001);
    await counter.takeBack("x");
    expect(await counter.add("x")).toMatchObject({ count: 1 });
  });

  it("keys and windows of different names do not meet", async () => {
    await one.counters.counter(window).add("a");
    expect(await one.counters.counter(window).add("b")).toMatchObject({ count: 1 });
    expect(await one.counters.counter({ name: "others", windowSeconds: 60 }).add("a")).toMatchObject({ count: 1 });
  });

  it("what is taken back by one server is gone for the other", async () => {
    await one.counters.counter(window).add("back");
    await other.counters.counter(window).takeBack("back");
    expect(await one.counters.counter(window).add("back")).toMatchObject({ count: 1 });
  });

  it("count anew when the time is over, which began with the first; then the old rows are removed", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    const counter = one.counters.counter({ name: "old", windowSeconds: 60 });
    await counter.add("x");
    vi.setSystemTime(Date.now() + 59_000);
    await one.counters.removeExpired();
    expect(await counter.add("x")).toEqual({ count: 2, secondsLeft: 1 });
    vi.setSystemTime(Date.now() + 1_001);
    expect(await counter.add("x")).toEqual({ count: 1, secondsLeft: 60 });
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(await one.counters.removeExpired()).toBeGreaterThan(0);
    expect(await one.counters.removeExpired()).toBe(0);
  });

  it("hostile keys are text (SRV-12)", async () => {
    const counter = one.counters.counter(window);
    for (const key of ["'; DROP TABLE users; --", "$1", "__proto__", "%s", "\\"]) {
      expect(await counter.add(key)).toMatchObject({ count: 1 });
    }
    expect(await one.accounts.listUsers("", 1)).toEqual([]);
  });

  it("are counted among the queries of a process", async () => {
    const before = one.queries();
    await one.counters.counter(window).add("counted");
    expect(one.queries()).toBe(before + 1);
  });
});

it("say that storage is not available where there is none (F45)", async () => {
  const database = createDatabase({ connectionString: "postgresql://127.0.0.1:1/nowhere", timeoutMs: 500 });
  const counter = database.counters.counter({ name: "none", windowSeconds: 60 });
  await expect(counter.add("x")).rejects.toMatchObject({ reason: "storage_unavailable", retryAfterSeconds: 1 });
  await expect(counter.takeBack("x")).rejects.toMatchObject({ reason: "storage_unavailable" });
  await database.close();
});
