// Sessions on a true PostgreSQL, with servers that are processes of their own: races, clocks, secrets, deaths. Few rounds here; all of
// them with SIGNET_LONG_TESTS=1 (`npm run test:long`).

import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createDatabase, type Database } from "@signet/db";
import { createTestDatabase, startTestPostgres, type TestDatabase } from "@signet/db/testing";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Answer,
  type Issued,
  mustGive,
  newAttempt,
  newName,
  newSecret,
  password,
  rounds,
  type SessionServer,
  sessionRow,
  signUp,
  startSessionServer,
  timeoutMs,
} from "./session-servers.ts";

let created: TestDatabase;
let database: Database;
const secret = newSecret();
beforeEach(async () => {
  created = await createTestDatabase();
  database = createDatabase(created);
  await database.migrate();
});
afterEach(async () => {
  await database.close();
  await created.drop();
});

const startServer = (secrets = [secret], clockAheadMs = 0) =>
  startSessionServer({ connectionString: created.connectionString, secrets, clockAheadMs });

/** Counter and end; that an ended one is revoked as well is looked at on the way. */
async function rowOf(sessionId: string) {
  const row = await sessionRow(created.connectionString, sessionId);
  expect(row?.revoked).toBe(row?.ended);
  return row && { counter: row.counter, ended: row.ended };
}

describe("two servers on one PostgreSQL", () => {
  it(
    "give a hundred that refresh at once one and the same child, and lose no family (REF-04)",
    async () => {
      const servers = [await startServer(), await startServer()];
      const [first] = servers;
      let current = await signUp(first as SessionServer);
      const { sessionId } = current;
      for (let round = 1; round <= rounds(4, 1_000); round += 1) {
        const { token } = current.refresh;
        const answers = await Promise.all(
          Array.from({ length: 100 }, (_, index) => servers[index % 2]?.ask<Issued>({ do: "refresh", token })),
        );
        // A machine that is too busy says so (503) and keeps nobody from coming again; nobody is told anything else.
        const refused = answers.flatMap((answer) => answer?.refused ?? []);
        expect(refused.filter((reason) => reason !== "storage_unavailable")).toEqual([]);
        const given = answers.flatMap((answer) => answer?.value ?? []);
        const children = new Set(given.map(({ refresh }) => refresh.token));
        expect(children.size).toBe(1);
        expect(await rowOf(sessionId)).toEqual({ counter: round, ended: false });
        current = given[0] ?? current;
      }
    },
    timeoutMs,
  );

  it("whose clocks are 35 s off in both directions agree on who may refresh, by the database's", async () => {
    const servers = [await startServer([secret], 35_000), await startServer([secret], -35_000)];
    let current = await signUp(servers[0] as SessionServer);
    for (let round = 0; round < 20; round += 1) {
      const { token } = current.refresh;
      const [one, other] = await Promise.all(
        servers.map((server) => mustGive(server.ask<Issued>({ do: "refresh", token }))),
      );
      expect(one?.refresh.token).toBe(other?.refresh.token);
      current = one ?? current;
    }
    expect(await rowOf(current.sessionId)).toEqual({ counter: 20, ended: false });
  });

  it("with different first secrets give one child; with secrets that the other lacks, nobody is signed out", async () => {
    const [a, b] = [newSecret(), newSecret()];
    const both = [await startServer([a, b]), await startServer([b, a])];
    let current = await signUp(both[0] as SessionServer);
    for (let round = 0; round < 10; round += 1) {
      const { token } = current.refresh;
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => both[index % 2]?.ask<Issued>({ do: "refresh", token })),
      );
      expect(new Set(answers.map((answer) => answer?.value?.refresh.token)).size).toBe(1);
      current = answers[0]?.value ?? current;
    }

    const careless = [both[0] as SessionServer, await startServer([newSecret()])];
    for (let round = 0; round < 10; round += 1) {
      const { token } = current.refresh;
      const attempt = newAttempt();
      const answers = await Promise.all(
        careless.map((server) => server.ask<Issued>({ do: "refresh", token, attempt })),
      );
      // Whoever lost and cannot make the winner's token says "come again", and the winner's is in use by then.
      expect(answers.flatMap(({ refused }) => refused ?? []).every((reason) => reason === "keys_unavailable")).toBe(
        true,
      );
      const given = answers.flatMap(({ value }) => value ?? []);
      expect(new Set(given.map(({ refresh }) => refresh.token)).size).toBe(1);
      current = given[0] ?? current;
    }
    expect(await rowOf(current.sessionId)).toMatchObject({ ended: false });
  });

  it(
    "let no refresh outlive a sign-out that races with it (REF-12)",
    async () => {
      const [one, other] = [await startServer(), await startServer()];
      for (let round = 0; round < rounds(15, 500); round += 1) {
        const { refresh, sessionId } = await signUp(one);
        const [refreshed, ended] = await Promise.all([
          one.ask<Issued>({ do: "refresh", token: refresh.token }),
          other.ask<number>({ do: "endByToken", token: refresh.token }),
        ]);
        expect(ended.value).toBe(1);
        expect(await rowOf(sessionId)).toMatchObject({ ended: true });
        const { token } = refreshed.value?.refresh ?? refresh;
        expect((await other.ask({ do: "refresh", token })).refused).toBe("refresh_token_invalid");
      }
    },
    timeoutMs,
  );

  it(
    "let no sign-in with the old password slip past a change of it, nor past a disabled account",
    async () => {
      const [one, other] = [await startServer(), await startServer()];
      for (let round = 0; round < rounds(10, 200); round += 1) {
        const username = newName();
        const { accessToken } = await signUp(one, username);
        const claims = await mustGive(one.ask<{ sub: string }>({ do: "verify", accessToken }));
        const { sub: userId } = claims;
        const old = () => other.ask<Issued>({ do: "signIn", credentials: { username, password } });
        const disables = round % 4 === 3;
        const change = disables
          ? one.ask({ do: "disable", userId })
          : one.ask({
              do: "changePassword",
              claims,
              passwords: { currentPassword: password, newPassword: "another set of plain words" },
            });
        const [changed, ...signIns] = await Promise.all([change, old(), old(), old()]);
        expect(changed.refused).toBeUndefined();
        for (const { value } of signIns) {
          const refused = value && (await other.ask({ do: "refresh", token: value.refresh.token })).refused;
          expect(refused ?? "refresh_token_invalid").toBe("refresh_token_invalid");
        }
        const live = await database.accounts.listSessions(userId);
        expect(live).toHaveLength(disables ? 0 : 1);
      }
    },
    timeoutMs,
  );
});

describe("a death in the middle of a rotation (REF-06)", () => {
  it(
    "of the server: the same attempt gives the one child afterwards, and the family lives",
    async () => {
      let victim = await startServer();
      const witness = await startServer();
      let current = await signUp(witness);
      let { counter = 0 } = (await rowOf(current.sessionId)) ?? {};
      for (let round = 0; round < rounds(4, 150); round += 1) {
        const { token } = current.refresh;
        const attempt = newAttempt();
        const asked = victim.ask<Issued>({ do: "refresh", token, attempt }).catch(() => undefined);
        await sleep(randomInt(0, 12));
        victim.process.child.kill("SIGKILL");
        await asked;
        const again = await mustGive(witness.ask<Issued>({ do: "refresh", token, attempt }));
        counter += 1;
        expect(await rowOf(current.sessionId)).toEqual({ counter, ended: false });
        current = again;
        victim = await startServer();
      }
    },
    timeoutMs,
  );

  it(
    "of PostgreSQL: what was committed is there, what was not is not, and one retry is enough",
    async () => {
      const postgres = await startTestPostgres({ durable: true });
      const { connectionString } = postgres;
      const own = createDatabase({ connectionString });
      try {
        await own.migrate();
        const server = await startSessionServer({ connectionString, secrets: [secret] });
        let current = await signUp(server);
        for (let round = 0; round < rounds(3, 50); round += 1) {
          const { token } = current.refresh;
          const attempt = newAttempt();
          const asked = server.ask<Issued>({ do: "refresh", token, attempt }).catch(() => undefined);
          await sleep(randomInt(0, 8));
          await postgres.crash();
          await asked;
          await postgres.restart();
          let again = await server.ask<Issued>({ do: "refresh", token, attempt });
          // Connections of the pool that died with the server are found out one by one.
          for (let tries = 0; again.refused === "storage_unavailable" && tries < 50; tries += 1) {
            await sleep(100);
            again = await server.ask<Issued>({ do: "refresh", token, attempt });
          }
          expect(again.refused).toBeUndefined();
          current = again.value ?? current;
        }
      } finally {
        await own.close();
        await postgres.stop();
      }
    },
    timeoutMs,
  );
});

describe("revocations", () => {
  it("are numbered in the order of their commits: a slow transaction is never skipped", async () => {
    const { accounts, revocations } = database;
    const user = { id: "user", username: "user", passwordHash: "hash" };
    const session = (id: string) => ({
      id,
      device: null,
      address: null,
      amr: "pwd" as const,
      maxAgeSeconds: 60,
      refresh: null,
    });
    await accounts.createUser(user, session("slow"));
    await accounts.createSession("user", 1, session("fast"));

    const slow = new Client({ connectionString: created.connectionString });
    await slow.connect();
    await slow.query("BEGIN");
    await slow.query("UPDATE revocation_counter SET last = last + 1 WHERE id = 1");
    await slow.query(
      "INSERT INTO revocations SELECT last, 'session', 'slow', now() + interval '1 hour' FROM revocation_counter",
    );
    const fast = accounts.endSessions({ sessionId: "fast" });
    await sleep(200);
    // The fast one waits for its number, so that nobody can have read past the slow one.
    expect(await revocations.listRevocations(0, 10)).toMatchObject({ entries: [], last: 0 });
    await slow.query("COMMIT");
    await slow.end();
    await fast;
    const { entries } = await revocations.listRevocations(0, 10);
    expect(entries.map(({ id, seq }) => [id, seq])).toEqual([
      ["slow", 1],
      ["fast", 2],
    ]);
  });

  it("of twenty writers at once reach a reader that follows the numbers, each exactly once", async () => {
    const { accounts, revocations } = database;
    const session = (id: string) => ({
      id,
      device: null,
      address: null,
      amr: "pwd" as const,
      maxAgeSeconds: 600,
      refresh: null,
    });
    const users = Array.from({ length: 20 }, (_, index) => `user${index}`);
    for (const id of users) {
      await accounts.createUser({ id, username: id, passwordHash: "hash" }, session(`${id}/0`));
      for (let count = 1; count < 10; count += 1) await accounts.createSession(id, 1, session(`${id}/${count}`));
    }
    let writing = true;
    const seen: string[] = [];
    const reader = (async () => {
      let after = 0;
      for (;;) {
        const isLast = !writing;
        const { entries } = await revocations.listRevocations(after, 7);
        seen.push(...entries.map(({ id }) => id));
        after = entries.at(-1)?.seq ?? after;
        if (isLast && entries.length === 0) return;
      }
    })();
    await Promise.all(
      users.map(async (id) => {
        for (let count = 9; count > 0; count -= 1) await accounts.endSessions({ sessionId: `${id}/${count}` });
        await accounts.endSessions({ userId: id });
      }),
    );
    writing = false;
    await reader;
    expect(seen).toHaveLength(200);
    expect(new Set(seen).size).toBe(200);
  });

  it(
    "reach the other server within a second (REF-13)",
    async () => {
      const [here, there] = [await startServer(), await startServer()];
      const tookMs: number[] = [];
      for (let round = 0; round < rounds(4, 200); round += 1) {
        const { accessToken, refresh } = await signUp(here);
        await mustGive(there.ask({ do: "verify", accessToken }));
        await mustGive(here.ask({ do: "endByToken", token: refresh.token }));
        const endedAt = performance.now();
        let answer: Answer<unknown>;
        do answer = await there.ask({ do: "verify", accessToken });
        while (answer.refused === undefined && performance.now() - endedAt < 5_000);
        expect(answer.refused).toBe("token_revoked");
        tookMs.push(performance.now() - endedAt);
      }
      tookMs.sort((a, b) => a - b);
      const p99 = tookMs[Math.ceil(tookMs.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY;
      process.stdout.write(
        `revoked elsewhere after: median ${tookMs[tookMs.length >> 1]?.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, n=${tookMs.length}\n`,
      );
      expect(p99).toBeLessThan(1_000);
    },
    timeoutMs,
  );
});
