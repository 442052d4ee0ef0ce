// After a backup was put back (F57): refresh tokens that were used since would count as unused, so their sessions end; and whoever has
// read the list of revocations begins it anew.

import { systemClock } from "@signet/auth/clock";
import { createRevocations } from "@signet/auth/revocation";
import { exampleClaims } from "@signet/auth/testing";
import { createDatabase, type Database } from "@signet/db";
import { createTestDatabase, type TestDatabase } from "@signet/db/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newName } from "./session-servers.ts";
import { sql } from "./sql.ts";

let created: TestDatabase;
let database: Database;
beforeEach(async () => {
  created = await createTestDatabase();
  database = createDatabase(created);
  await database.migrate();
});
afterEach(async () => {
  await database.close();
  await created.drop();
});

async function signIn(): Promise<string> {
  const id = newName();
  const session = { id, device: null, address: null, amr: "pwd" as const, maxAgeSeconds: 600, refresh: null };
  await database.accounts.createUser({ id, username: id, passwordHash: "hash" }, session);
  return id;
}

const isEnded = async (id: string) => ((await database.accounts.findSession(id))?.endedAt ?? null) !== null;

describe("the name of the list of revocations", () => {
  it("is there from the beginning, is another one in each database, and stays", async () => {
    const other = await createTestDatabase();
    const otherDatabase = createDatabase(other);
    await otherDatabase.migrate();
    const { epoch } = await database.revocations.listRevocations(0, 1);
    expect(epoch).toMatch(/^[0-9a-f-]{36}$/);
    expect((await otherDatabase.revocations.listRevocations(0, 1)).epoch).not.toBe(epoch);
    await database.accounts.endSessions({ sessionId: await signIn() });
    expect((await database.revocations.listRevocations(0, 1)).epoch).toBe(epoch);
    await otherDatabase.close();
    await other.drop();
  });
});

describe("a new epoch", () => {
  it("ends every session of before, with its revocation, under a new name; numbers go on (F57)", async () => {
    const sessions = await Promise.all([signIn(), signIn(), signIn()]);
    await database.accounts.endSessions({ sessionId: sessions[0] ?? "" });
    const before = await database.revocations.listRevocations(0, 10);
    const { epoch, ended } = await database.revocations.startNewEpoch();
    expect(ended).toBe(2);
    expect(epoch).not.toBe(before.epoch);
    const after = await database.revocations.listRevocations(0, 10);
    expect(after).toMatchObject({ epoch, last: 3 });
    expect(after.entries.map(({ id }) => id).toSorted()).toEqual(sessions.toSorted());
    expect(await Promise.all(sessions.map(isEnded))).toEqual([true, true, true]);
  });

  it("leaves sessions that began after the moment it is given", async () => {
    const early = await signIn();
    const [moment] = await sql<{ now: Date }>(
      created.connectionString,
      "SELECT clock_timestamp() + interval '5 ms' AS now, pg_sleep(0.01)",
    );
    const late = await signIn();
    expect(await database.revocations.startNewEpoch(moment?.now)).toMatchObject({ ended: 1 });
    expect([await isEnded(early), await isEnded(late)]).toEqual([true, false]);
  });

  it("is whole or not at all", async () => {
    const session = await signIn();
    const before = await database.revocations.listRevocations(0, 10);
    // The last statement of it fails.
    await sql(
      created.connectionString,
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
       CREATE TRIGGER refuse BEFORE UPDATE OF epoch ON revocation_counter FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    await expect(database.revocations.startNewEpoch()).rejects.toThrow(/not now/);
    expect(await database.revocations.listRevocations(0, 10)).toEqual(before);
    expect(await isEnded(session)).toBe(false);
  });

  it("ends with every session ended, and none twice, beside sign-outs and another one of its kind", async () => {
    const sessions = await Promise.all(Array.from({ length: 30 }, signIn));
    const [one, other] = await Promise.all([
      database.revocations.startNewEpoch(),
      database.revocations.startNewEpoch(),
      ...sessions.slice(0, 10).map((sessionId) => database.accounts.endSessions({ sessionId })),
    ]);
    const { entries, epoch, last } = await database.revocations.listRevocations(0, 100);
    expect([one.epoch, other.epoch]).toContain(epoch);
    expect(last).toBe(30);
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(new Set(entries.map(({ id }) => id))).toEqual(new Set(sessions));
  });

  it("reaches a process that has followed the list from before the backup was put back", async () => {
    const revocations = createRevocations({ source: database.revocations, clock: systemClock, whenStale: "accept" });
    const early = await signIn();
    const late = await signIn();
    await database.accounts.endSessions({ sessionId: late });
    await revocations.poll();
    // Back to before that sign-out.
    await sql(created.connectionString, "UPDATE sessions SET ended_at = NULL");
    await sql(created.connectionString, "DELETE FROM revocations");
    await sql(created.connectionString, "UPDATE revocation_counter SET last = 0");
    await database.revocations.startNewEpoch();
    await revocations.poll();
    const verdict = (sid: string) => () => revocations.check(exampleClaims(systemClock, { sid }), "kid");
    for (const session of [early, late]) expect(verdict(session)).toThrow(/revoked/);
    await revocations.stop();
  });
});
