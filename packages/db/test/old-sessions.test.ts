// Sessions that are long over take no room; all others stay.

import { randomBytes } from "node:crypto";
import { createDatabase, type Database } from "@signet/db";
import { createTestDatabase, type TestDatabase } from "@signet/db/testing";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";

let test: TestDatabase;
let database: Database;
let client: Client;
beforeAll(async () => {
  test = await createTestDatabase();
  database = createDatabase({ connectionString: test.connectionString });
  await database.migrate();
  client = new Client({ connectionString: test.connectionString });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.close();
  await test.drop();
});

const id = () => randomBytes(16).toString("base64url");

it("are removed a day after their end; those that stand, and those that ended today, are not", async () => {
  const session = (sessionId: string) => ({
    id: sessionId,
    device: null,
    address: null,
    amr: "pwd" as const,
    maxAgeSeconds: 3_600,
    refresh: null,
  });
  const userId = id();
  const names = { standing: id(), endedToday: id(), endedLongAgo: id(), ranOutToday: id(), ranOutLongAgo: id() };
  const { standing, ...others } = names;
  await database.accounts.createUser({ id: userId, username: `ada-${id()}`, passwordHash: "x" }, session(standing));
  for (const sessionId of Object.values(others)) await database.accounts.createSession(userId, 1, session(sessionId));
  const set = (column: string, sessionId: string, ago: string) =>
    client.query(`UPDATE sessions SET ${column} = clock_timestamp() - $2::interval WHERE id = $1`, [sessionId, ago]);
  await set("ended_at", names.endedToday, "23 hours");
  await set("ended_at", names.endedLongAgo, "25 hours");
  await set("expires_at", names.ranOutToday, "23 hours");
  await set("expires_at", names.ranOutLongAgo, "25 hours");

  expect(await database.removeOldSessions()).toBe(2);
  const { rows } = await client.query<{ id: string }>("SELECT id FROM sessions");
  expect(rows.map((row) => row.id).toSorted()).toEqual([standing, names.endedToday, names.ranOutToday].toSorted());
  expect(await database.removeOldSessions()).toBe(0);
});
