// The connection to the database breaks at an exact moment of a statement, so that the server cannot know whether it was committed.
// To do it again must be safe in every case (F7).

import { createDatabase } from "@signet/db";
import { createTestDatabase, type TestDatabase } from "@signet/db/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CuttingGate, createCuttingGate, type Moment } from "./cutting-gate.ts";
import {
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

const unavailable = { refused: "storage_unavailable" };
const moments: [Moment, number][] = [
  ["before", 0],
  ["uncommitted", 0],
  ["committed", 1],
];

let created: TestDatabase;
let gate: CuttingGate;
let server: SessionServer;
beforeEach(async () => {
  created = await createTestDatabase();
  const database = createDatabase(created);
  await database.migrate();
  await database.close();
  gate = await createCuttingGate(created.connectionString);
  server = await startSessionServer({ connectionString: gate.connectionString, secrets: [newSecret()] });
});
afterEach(async () => {
  server.process.child.kill("SIGKILL");
  await server.process.exited;
  await gate.close();
  await created.drop();
});

const rowOf = (sessionId: string) => sessionRow(created.connectionString, sessionId);

describe.each(moments)("a connection that is cut: the statement is %s", (moment, moved) => {
  it(
    "a refresh, once repeated, gives the one child (REF-04)",
    async () => {
      const { sessionId, refresh } = await signUp(server);
      let { token } = refresh;
      for (let round = 0; round < rounds(3, 100); round += 1) {
        const cut = gate.cutNext("UPDATE sessions AS s", moment);
        const attempt = newAttempt();
        const ask = () => server.ask<Issued>({ do: "refresh", token, attempt });
        expect(await ask()).toEqual(unavailable);
        await cut;
        expect(await rowOf(sessionId)).toMatchObject({ counter: round + moved });

        const [one, other] = await Promise.all([mustGive(ask()), mustGive(ask())]);
        expect(one?.refresh.token).toBe(other?.refresh.token);
        expect(await rowOf(sessionId)).toEqual({ counter: round + 1, ended: false, revoked: false });
        token = one?.refresh.token ?? "";
      }
    },
    timeoutMs,
  );

  it("a sign-out is whole or not at all, and can be repeated", async () => {
    const { sessionId, refresh } = await signUp(server);
    const signOut = () => server.ask<number>({ do: "endByToken", token: refresh.token });
    const cut = gate.cutNext("UPDATE sessions SET ended_at", moment);
    expect(await signOut()).toEqual(unavailable);
    await cut;
    expect(await rowOf(sessionId)).toMatchObject({ ended: moved === 1, revoked: moved === 1 });
    expect(await mustGive(signOut())).toBe(1 - moved);
    expect(await rowOf(sessionId)).toMatchObject({ ended: true, revoked: true });
  });
});

it.each([
  ["before", false],
  ["committed", true],
] as [Moment, boolean][])(
  "a change of the password whose COMMIT is cut %s is whole or not at all",
  async (moment, isChanged) => {
    const username = newName();
    const { accessToken, sessionId } = await signUp(server, username);
    const claims = await mustGive(server.ask<object>({ do: "verify", accessToken }));
    const newPassword = "another set of plain words";
    const passwords = { currentPassword: password, newPassword };
    const cut = gate.cutNext("COMMIT", moment);
    expect(await server.ask({ do: "changePassword", claims, passwords })).toEqual(unavailable);
    await cut;
    const signIn = (credentials: object) => server.ask({ do: "signIn", credentials: { username, ...credentials } });
    expect((await signIn({ password: newPassword })).refused).toBe(isChanged ? undefined : "credentials_invalid");
    expect((await signIn({ password })).refused).toBe(isChanged ? "credentials_invalid" : undefined);
    expect(await rowOf(sessionId)).toMatchObject({ ended: isChanged, revoked: isChanged });
  },
);
