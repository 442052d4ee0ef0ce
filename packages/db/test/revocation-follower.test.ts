// A process that follows the revocations of a database which goes away, comes back, and flaps, while others go on writing.

import { systemClock } from "@signet/auth/clock";
import { createRevocations, type Revocations, type RevocationsOptions } from "@signet/auth/revocation";
import { exampleClaims } from "@signet/auth/testing";
import { createDatabase, type Database } from "@signet/db";
import { createTestDatabase, type TestDatabase } from "@signet/db/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGate, type Gate } from "./gate.ts";
import { newName } from "./session-servers.ts";
import { sql } from "./sql.ts";

let created: TestDatabase;
let gate: Gate;
/** The follower's way to the database leads through the gate, the writer's does not. */
let database: Database;
let writer: Database;
let revocations: Revocations;

beforeEach(async () => {
  created = await createTestDatabase();
  gate = await createGate(created.connectionString);
  database = createDatabase({ connectionString: gate.connectionString, timeoutMs: 500 });
  writer = createDatabase({ connectionString: created.connectionString, timeoutMs: 10_000 });
  await writer.migrate();
});
afterEach(async () => {
  await revocations.stop();
  await gate.shut();
  await Promise.all([database.close(), writer.close()]);
  await created.drop();
});

function start(options: Partial<RevocationsOptions> = {}): void {
  revocations = createRevocations({
    source: database.revocations,
    clock: systemClock,
    whenStale: "accept",
    pollMs: 20,
    staleAfterSeconds: 0.2,
    timeoutMs: 500,
    ...options,
  });
  revocations.start();
}

/** A session that begins and ends. @returns its id */
async function endOne(): Promise<string> {
  const id = newName();
  const session = { id, device: null, address: null, amr: "pwd" as const, maxAgeSeconds: 600, refresh: null };
  await writer.accounts.createUser({ id, username: id, passwordHash: "hash" }, session);
  await writer.accounts.endSessions({ sessionId: id });
  return id;
}

/** What the follower says of a token of this session. */
function verdict(sid: string): string {
  try {
    revocations.check(exampleClaims(systemClock, { sid }), "kid");
    return "accepted";
  } catch (error) {
    return (error as { reason: string }).reason;
  }
}

async function until(isSo: () => boolean): Promise<void> {
  for (const giveUpAt = Date.now() + 10_000; !isSo(); ) {
    if (Date.now() > giveUpAt) throw new Error("It did not come to that.");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe.each([
  ["refuses connections", () => gate.shut()],
  ["takes connections and never answers", async () => gate.fallSilent()],
])("while the database %s", (_, cutOff) => {
  it.each([
    ["accept", "accepted"],
    ["reject", "revocations_unknown"],
  ] as const)(
    "a follower keeps what it knows and, past the limit, will %s the rest; then it catches up without a gap (F26)",
    async (whenStale, unknown) => {
      start({ whenStale });
      const known = await endOne();
      await until(() => verdict(known) === "token_revoked" && !revocations.stale);
      await cutOff();
      const missed = await Promise.all(Array.from({ length: 5 }, endOne));
      await until(() => revocations.stale);
      expect(revocations.ageMs()).toBeGreaterThan(200);
      expect(revocations.ready).toBe(true);
      expect(verdict(known)).toBe("token_revoked");
      expect(verdict("of somebody else")).toBe(unknown);
      expect(missed.map(verdict)).toEqual(missed.map(() => unknown));

      if (gate.connections > 0) await gate.shut();
      await gate.open();
      await until(() => !revocations.stale);
      expect([known, ...missed].map(verdict)).toEqual(Array.from({ length: 6 }, () => "token_revoked"));
      expect(verdict("of somebody else")).toBe("accepted");
      expect(revocations.size).toBe(6);
    },
  );
});

it("misses nothing, and has nothing twice, while its way to the database is cut again and again (F27)", async () => {
  start();
  await until(() => revocations.ready);
  const ended: string[] = [];
  for (let flap = 0; flap < 12; flap += 1) {
    await gate.shut();
    ended.push(await endOne());
    await gate.open();
    ended.push(await endOne());
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
  }
  await until(() => ended.every((id) => verdict(id) === "token_revoked"));
  expect(revocations.size).toBe(ended.length);
});

it("is not ready, and never silently empty, where the database was away from the start (F31)", async () => {
  const before = await endOne();
  await gate.shut();
  start({ whenStale: "reject" });
  await revocations.poll();
  expect({ ready: revocations.ready, stale: revocations.stale }).toEqual({ ready: false, stale: true });
  expect(verdict(before)).toBe("revocations_unknown");
  await gate.open();
  await until(() => revocations.ready);
  expect(verdict(before)).toBe("token_revoked");
});

it("takes in 100,000 at once from SQL in small bites, and lets everybody else have a turn between them (F30)", async () => {
  start();
  await until(() => revocations.ready);
  const bites: number[] = [];
  let turns = 0;
  let turnsAtLastBite = -1;
  let withoutTurn = 0;
  const ticking = setInterval(() => (turns += 1), 0);
  revocations.subscribe((ids) => {
    bites.push(ids.length);
    if (turns === turnsAtLastBite) withoutTurn += 1;
    turnsAtLastBite = turns;
  });
  await sql(
    created.connectionString,
    `
    WITH numbers AS (UPDATE revocation_counter SET last = last + 100000 WHERE id = 1 RETURNING last - 100000 AS before)
    INSERT INTO revocations (seq, kind, id, expires_at)
    SELECT before + number, 'session', 'session ' || number, clock_timestamp() + interval '1020 seconds'
    FROM numbers, generate_series(1, 100000) AS number`,
  );
  await until(() => revocations.size === 100_000);
  clearInterval(ticking);
  expect(Math.max(...bites)).toBeLessThanOrEqual(1_000);
  expect(withoutTurn).toBe(0);
  expect(["session 1", "session 100000"].map(verdict)).toEqual(["token_revoked", "token_revoked"]);
});
