// What happens when the database is away, slow, silent or busy: never a hang, never a wrong answer, and all well again afterwards.

import { AuthError } from "@signet/auth/errors";
import { createDatabase, type Database } from "@signet/db";
import { createTestDatabase, type TestDatabase } from "@signet/db/testing";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGate, type Gate } from "./gate.ts";
import { sql } from "./sql.ts";

const timeoutMs = 600;
let created: TestDatabase;
let gate: Gate;
let database: Database;

beforeEach(async () => {
  created = await createTestDatabase();
  gate = await createGate(created.connectionString);
  database = createDatabase({ connectionString: gate.connectionString, timeoutMs, maxConnections: 3 });
});
afterEach(async () => {
  await gate.shut();
  await database.close();
  await created.drop();
});

let count = 0;
function newSession() {
  count += 1;
  return { id: `session ${count}`, device: null, address: null, amr: "pwd" as const, maxAgeSeconds: 60, refresh: null };
}
function newUser() {
  count += 1;
  return { id: `user ${count}`, username: `user${count}`, passwordHash: "hash" };
}

const operations: Record<string, () => Promise<unknown>> = {
  ping: () => database.ping(),
  findByUsername: () => database.accounts.findByUsername("alice"),
  createUser: () => database.accounts.createUser(newUser(), newSession()),
  createSession: () => database.accounts.createSession("nobody", 1, newSession()),
  replacePasswordHash: () => database.accounts.replacePasswordHash("nobody", "a", "b"),
  listKeys: () => database.signingKeys.listKeys(),
  insertKey: () =>
    database.signingKeys.insertKey({
      number: 1,
      algorithm: "ES256",
      kid: "kid",
      publicJwk: {},
      salt: new Uint8Array(32),
      secretId: "id",
      activeAfterSeconds: 0,
    }),
};

async function expectUnavailable(
  operation: () => Promise<unknown>,
  withinMs = 2 * timeoutMs + 1_500,
): Promise<AuthError> {
  const startedAt = performance.now();
  const error = await operation().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(performance.now() - startedAt).toBeLessThan(withinMs);
  if (!(error instanceof AuthError)) throw new Error("expected a refusal", { cause: error });
  expect(error.reason).toBe("storage_unavailable");
  expect(error.retryAfterSeconds).toBeGreaterThan(0);
  expect(error.cause).toBeInstanceOf(Error);
  expect(error.message).not.toMatch(/127\.0\.0\.1|postgres|prisma|P\d{4}/i);
  return error;
}

describe.each(Object.keys(operations))("%s", (name) => {
  const operation = () => operations[name]?.() ?? Promise.reject(new Error("no such operation"));

  it("says that storage is not available while connections are refused, and works once they are not", async () => {
    await gate.shut();
    await expectUnavailable(operation);
    await gate.open();
    await database.migrate();
    await operation();
  });

  it("says so in time when the server takes the connection and never answers", async () => {
    gate.fallSilent();
    await expectUnavailable(operation);
  });

  it("says so in time when the server falls silent on a connection that stands, and recovers with it", async () => {
    await database.migrate();
    await operation();
    gate.fallSilent();
    await expectUnavailable(operation);
    await gate.shut();
    await gate.open();
    await operation();
  });
});

describe("a database that", () => {
  it("is away when we start stops nothing: migrate says so, and does its work later", async () => {
    await gate.shut();
    await expectUnavailable(() => database.migrate());
    await gate.open();
    await database.migrate();
    await database.ping();
  });

  it("is silent when we migrate is noticed in time", async () => {
    gate.fallSilent();
    await expectUnavailable(() => database.migrate());
  });

  it("has not been migrated is not available, rather than broken", async () => {
    await expectUnavailable(() => database.accounts.findByUsername("alice"));
    await expectUnavailable(() => database.signingKeys.listKeys());
  });

  it("refuses us, or does not exist, is not available", async () => {
    const url = new URL(gate.connectionString);
    url.pathname = "/no_such_database";
    const other = createDatabase({ connectionString: url.href });
    await expectUnavailable(() => other.ping());
    await expectUnavailable(() => other.migrate());
    await other.close();
  });

  it("drops every connection is in full use again as soon as it takes new ones", async () => {
    await database.migrate();
    await Promise.all(Array.from({ length: 10 }, () => database.ping()));
    await gate.shut();
    await expectUnavailable(() => database.ping());
    await gate.open();
    // A connection that broke while it rested may be noticed by the first statement that takes it.
    const giveUpAt = Date.now() + 5_000;
    while (
      !(await database.ping().then(
        () => true,
        () => false,
      ))
    )
      expect(Date.now()).toBeLessThan(giveUpAt);
    await Promise.all(Array.from({ length: 10 }, () => database.ping()));
  });

  it("is silent collects no connections of ours", async () => {
    gate.fallSilent();
    await Promise.all(Array.from({ length: 20 }, () => expectUnavailable(() => database.ping(), 10_000)));
    const giveUpAt = Date.now() + 5_000;
    while (gate.connections > 0 && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(gate.connections).toBe(0);
  });
});

describe("a lock that is held too long", () => {
  it("ends the statement at the server too, which then holds nothing for us", async () => {
    await database.migrate();
    const user = newUser();
    await database.accounts.createUser(user, newSession());
    const holder = new Client({ connectionString: created.connectionString });
    await holder.connect();
    await holder.query("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
    await expectUnavailable(() => database.accounts.createSession(user.id, 1, newSession()));
    const ours =
      "SELECT state FROM pg_stat_activity WHERE application_name = 'signet' AND state <> 'idle' AND datname = current_database()";
    expect((await holder.query(ours)).rows).toEqual([]);
    await holder.query("COMMIT");
    await holder.end();
    expect(await database.accounts.createSession(user.id, 1, newSession())).toBeDefined();
  });

  it("takes every connection, and those who wait for one are told in time", async () => {
    await database.migrate();
    const holder = new Client({ connectionString: created.connectionString });
    await holder.connect();
    await holder.query("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE");
    const waiting = Array.from({ length: 30 }, () =>
      expectUnavailable(() => database.accounts.findByUsername("alice"), 5_000),
    );
    await Promise.all(waiting);
    await holder.end();
    await database.ping();
  });
});

describe("a race that the database undoes", () => {
  /** The first `times` sessions fail as if another transaction had won. Sequences are not rolled back, so they count. */
  async function loseRaces(state: string, times: number): Promise<() => Promise<number>> {
    await database.migrate();
    await sql(
      created.connectionString,
      `CREATE SEQUENCE tries;
       CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF nextval('tries') <= ${times} THEN RAISE EXCEPTION 'lost' USING ERRCODE = '${state}'; END IF;
         RETURN NEW;
       END $$;
       CREATE TRIGGER lose BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION lose();`,
    );
    return async () => {
      const [row] = await sql<{ last_value: string }>(created.connectionString, "SELECT last_value FROM tries");
      return Number(row?.last_value);
    };
  }

  it.each(["40001", "40P01"])("is tried again (%s) (REF-20)", async (state) => {
    const tries = await loseRaces(state, 2);
    const user = newUser();
    expect(await database.accounts.createUser(user, newSession())).toMatchObject({ user: { id: user.id } });
    expect(await tries()).toBe(3);
  });

  it("is tried a few times only, and leaves nothing half done", async () => {
    const tries = await loseRaces("40001", 1_000);
    const user = newUser();
    await expectUnavailable(() => database.accounts.createUser(user, newSession()));
    expect(await tries()).toBe(4);
    expect(await database.accounts.findByUsername(user.username)).toBeUndefined();
  });
});

it("lets our own mistakes through as what they are", async () => {
  await database.migrate();
  const session = newSession();
  await database.accounts.createUser(newUser(), session);
  const error: unknown = await database.accounts.createUser(newUser(), session).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(AuthError);
});
