// Every store passes one contract: in memory, embedded, and on a true PostgreSQL.

import { accountStoreContract, sessionStoreContract } from "@signet/accounts/testing";
import { createMemorySigningKeyStore } from "@signet/auth/testing";
import { createDatabase, type Database, openEmbeddedDatabase } from "@signet/db";
import { createTestDatabase } from "@signet/db/testing";
import { Client, type QueryResultRow } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testSigningKeyStore } from "./signing-key-store-contract.ts";
import { sql } from "./sql.ts";
import { temporaryFolder } from "./temporary-folder.ts";

interface Opened {
  connectionString: string;
  close(): Promise<void>;
}

const kinds: Record<string, () => Promise<Opened>> = {
  "a true PostgreSQL": async () => {
    const { connectionString, drop } = await createTestDatabase();
    return { connectionString, close: drop };
  },
  "the embedded database": async () => {
    const embedded = await openEmbeddedDatabase({ dataDir: temporaryFolder("a folder, with a space") });
    return { ...embedded.connection, close: () => embedded.close() };
  },
};

describe("signing keys in memory", () => {
  testSigningKeyStore(async () => createMemorySigningKeyStore(Date.now));
});

describe.each(Object.entries(kinds))("%s", (_, open) => {
  let opened: Opened;
  let database: Database;
  const run = <Row extends QueryResultRow>(text: string, values?: unknown[]) =>
    sql<Row>(opened.connectionString, text, values);

  beforeAll(async () => {
    opened = await open();
    database = createDatabase(opened);
    await database.migrate();
  });
  afterAll(async () => {
    await database.close();
    await opened.close();
  });

  describe("accounts (SRV-12)", () => {
    const store = () => ({ ...database.accounts, ...database.revocations });
    const contract = [...accountStoreContract(store), ...sessionStoreContract(store)];
    it.each(contract.map(({ name, run: check }) => [name, check] as const))("%s", async (_name, check) => {
      await expect(check()).resolves.toBeUndefined();
    });

    it("takes SQL in a name, a device or a hash for mere text", async () => {
      const evil = `'); DROP TABLE users; -- $1 ${Date.now()}`;
      const session = { id: evil, device: evil, address: evil, maxAgeSeconds: 60, refresh: null };
      const created = await database.accounts.createUser({ id: evil, username: evil, passwordHash: evil }, session);
      expect(created).toMatchObject({ user: { username: evil }, session: { device: evil } });
      expect(await database.accounts.findByUsername(evil)).toMatchObject({ id: evil, passwordHash: evil });
      await database.accounts.replacePasswordHash(evil, evil, `${evil}${evil}`);
      expect(await database.accounts.findByUsername(evil)).toMatchObject({ passwordHash: `${evil}${evil}` });
    });
  });

  describe("signing keys", () => {
    testSigningKeyStore(async () => {
      await run("DELETE FROM signing_keys");
      return database.signingKeys;
    });

    it("does not show keys of an algorithm that only a newer version knows", async () => {
      await run(`INSERT INTO signing_keys (number, algorithm, kid, public_jwk, salt, secret_id, published_at, active_at)
        VALUES (99, 'ML-DSA-44', 'new', '{}', '', 'id', now(), now())`);
      expect((await database.signingKeys.listKeys()).keys.filter(({ number }) => number === 99)).toEqual([]);
    });
  });

  it("counts the statements it sends, one for each operation", async () => {
    const session = { id: `counted ${Date.now()}`, device: null, address: null, maxAgeSeconds: 60, refresh: null };
    const user = { id: session.id, username: session.id, passwordHash: "hash" };
    const before = database.queries();
    await database.accounts.createUser(user, session);
    await database.accounts.findByUsername(user.username);
    await database.accounts.createSession(user.id, 1, { ...session, id: `${session.id} again` });
    await database.signingKeys.listKeys();
    expect(database.queries() - before).toBe(4);
  });
});

describe("on a true PostgreSQL, a sign-in beside a change of the password", () => {
  it("waits for the change to be committed, and then is refused", async () => {
    const { connectionString, drop } = await createTestDatabase();
    const database = createDatabase({ connectionString });
    await database.migrate();
    const session = { id: "first", device: null, address: null, maxAgeSeconds: 60, refresh: null };
    await database.accounts.createUser({ id: "alice", username: "alice", passwordHash: "old" }, session);

    const changer = new Client({ connectionString });
    await changer.connect();
    await changer.query("BEGIN");
    await changer.query("UPDATE users SET password_hash = 'new', password_version = 2 WHERE id = 'alice'");
    const signIn = database.accounts.createSession("alice", 1, { ...session, id: "second" });
    // The sign-in is waiting for the row once the server says so.
    const waiting =
      "SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    while ((await changer.query(waiting)).rows[0].count === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await changer.query("COMMIT");
    expect(await signIn).toBeUndefined();

    await changer.end();
    await database.close();
    await drop();
  });
});
