// The feed on a true PostgreSQL: several servers write and tell, one service reads from any of them.

import { systemClock } from "@signet/auth/clock";
import { createRevocations, type Revocations } from "@signet/auth/revocation";
import { createDatabase, type Database } from "@signet/db";
import { createTestDatabase, type TestDatabase } from "@signet/db/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { basicOf, createTestApi, type TestApi } from "./test-api.ts";

interface Server {
  api: TestApi;
  database: Database;
  revocations: Revocations;
}

interface FeedAnswer {
  epoch: string;
  entries: { seq: number; kind: string; id: string }[];
  next: number;
  more: boolean;
}

let created: TestDatabase;
let servers: Server[];
beforeEach(async () => {
  created = await createTestDatabase();
  const database = createDatabase(created);
  await database.migrate();
  await database.close();
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map(close));
  await created.drop();
});

async function open(): Promise<Server> {
  const database = createDatabase({ ...created, timeoutMs: 10_000 });
  const revocations = createRevocations({
    source: database.revocations,
    clock: systemClock,
    whenStale: "accept",
    pollMs: 50,
  });
  await revocations.poll();
  revocations.start();
  const api = await createTestApi({ revocations, revocationPages: database.revocations });
  const server = { api, database, revocations };
  servers.push(server);
  return server;
}

async function close(server: Server): Promise<void> {
  servers = servers.filter((other) => other !== server);
  server.api.api.releaseWaiting();
  await server.revocations.stop();
  await server.database.close();
}

let ids = 0;
async function endOne({ database }: Server): Promise<string> {
  ids += 1;
  const id = `session ${ids}`;
  const session = { id, device: null, address: null, amr: "pwd" as const, maxAgeSeconds: 600, refresh: null };
  await database.accounts.createUser({ id, username: id, passwordHash: "hash" }, session);
  await database.accounts.endSessions({ sessionId: id });
  return id;
}

async function read({ api }: Server, after: number, wait = 0): Promise<FeedAnswer> {
  const answer = await api.fetch(`/auth/revocations?after=${after}&wait=${wait}`, { headers: basicOf(api.client) });
  expect(answer.status).toBe(200);
  return answer.json();
}

describe("a service that reads the feed", () => {
  test("of one server learns within a second of what another has ended", async () => {
    const [one, other] = [await open(), await open()];
    const held = read(one, 0, 25);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const id = await endOne(other);
    const endedAt = performance.now();
    expect(await held).toMatchObject({ entries: [{ seq: 1, kind: "session", id }], next: 1 });
    expect(performance.now() - endedAt).toBeLessThan(1_000);
  });

  test("gets each revocation once and in order while three servers write at once, from whichever it asks (RS-07)", async () => {
    const all = [await open(), await open(), await open()];
    const perServer = 40;
    const writing = Promise.all(
      all.map(async (server) => {
        const ended: string[] = [];
        for (let i = 0; i < perServer; i += 1) ended.push(await endOne(server));
        return ended;
      }),
    );
    const seen: FeedAnswer["entries"] = [];
    for (let after = 0, round = 0; seen.length < perServer * all.length; round += 1) {
      const server = all[round % all.length];
      if (server === undefined) throw new Error("There is no such server.");
      const answer = await read(server, after, 5);
      seen.push(...answer.entries);
      after = answer.next;
    }
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
    expect(seen.map(({ id }) => id).toSorted()).toEqual((await writing).flat().toSorted());
  });

  test("goes on from its number when the server was started again, under the same name (F28)", async () => {
    const first = await open();
    const before = await endOne(first);
    const { epoch, next } = await read(first, 0);
    const held = read(first, next, 25);
    first.api.api.releaseWaiting();
    expect(await held).toMatchObject({ epoch, entries: [], next });
    await close(first);
    const second = await open();
    const after = await endOne(second);
    expect(await read(second, next)).toMatchObject({ epoch, entries: [{ seq: 2, id: after }], next: 2 });
    expect((await read(second, 0)).entries.map(({ id }) => id)).toEqual([before, after]);
  });

  test("sees another name after a restore, and from 0 finds every session that was ended by it (F28, F57)", async () => {
    const server = await open();
    await endOne(server);
    const { epoch, next } = await read(server, 0);
    const id = "of before the backup";
    const session = { id, device: null, address: null, amr: "pwd" as const, maxAgeSeconds: 600, refresh: null };
    await server.database.accounts.createUser({ id, username: id, passwordHash: "hash" }, session);
    const held = read(server, next, 25);
    const restored = await server.database.revocations.startNewEpoch();
    const answer = await held;
    expect(answer.epoch).toBe(restored.epoch);
    expect(answer.epoch).not.toBe(epoch);
    expect((await read(server, 0)).entries.map((entry) => entry.id)).toContain(id);
  });

  test("is told at once to begin anew where the database has fewer numbers than it knows (F28)", async () => {
    const server = await open();
    await endOne(server);
    const started = performance.now();
    expect(await read(server, 500, 25)).toMatchObject({ entries: [], next: 1, more: false });
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test("gets a token that was revoked alone, until 120 seconds after its end", async () => {
    const server = await open();
    const expiresAt = Math.floor(Date.now() / 1000) + 200;
    await server.database.accounts.revokeToken({ id: "jti", expiresAt });
    expect(await read(server, 0)).toMatchObject({
      entries: [{ seq: 1, kind: "token", id: "jti", expires_at: expiresAt + 120 }],
    });
  });
});

test("a hundred requests that wait cost no statement each when something happens", async () => {
  const server = await open();
  const { api, database } = server;
  const second = { ...api.client, id: "second" };
  const shared = await createTestApi({
    revocations: server.revocations,
    revocationPages: database.revocations,
    clients: [api.client, second],
  });
  const held = [api.client, second].flatMap((client) =>
    Array.from({ length: 50 }, () => shared.fetch("/auth/revocations?after=0&wait=25", { headers: basicOf(client) })),
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  await server.revocations.stop();
  const before = database.queries();
  await endOne(server);
  await server.revocations.poll();
  server.revocations.start();
  await server.revocations.poll();
  for (const answer of await Promise.all(held)) expect((await answer.json()).entries).toHaveLength(1);
  // Two of the sign-in and its end, a few of the follower, and one or two for all who waited.
  expect(database.queries() - before).toBeLessThan(12);
});
