// Every store passes one contract: in memory, embedded, and on a true PostgreSQL.

import { randomBytes } from "node:crypto";
import { accountStoreContract, providerStoreContract, sessionStoreContract } from "@signet/accounts/testing";
import { createMemorySigningKeyStore } from "@signet/auth/testing";
import { createDatabase, type Database, openEmbeddedDatabase } from "@signet/db";
import { createTestDatabase } from "@signet/db/testing";
import { Client, type QueryResultRow } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { testSigningKeyStore } from "./signing-key-store-contract.ts";
import { sql } from "./sql.ts";
import { temporaryFolder } from "./temporary-folder.ts";

interface Opened {
  /** Of the owner of the tables. */
  connectionString: string;
  /** After the migration: of whoever the stores work as. Default: the owner. */
  leastRights?(): Promise<string>;
  close(): Promise<void>;
}

const kinds: Record<string, () => Promise<Opened>> = {
  "a true PostgreSQL, by a user who may change rows and nothing else (SRV-11)": openWithLeastRights,
  "the embedded database": async () => {
    const embedded = await openEmbeddedDatabase({ dataDir: temporaryFolder("a folder, with a space") });
    return { ...embedded.connection, close: () => embedded.close() };
  },
};

async function openWithLeastRights(): Promise<Required<Opened>> {
  const { connectionString, drop } = await createTestDatabase();
  const role = `signet_rows_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(16).toString("hex");
  return {
    connectionString,
    async leastRights() {
      await sql(connectionString, `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
      await sql(connectionString, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`);
      await sql(connectionString, `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
      const url = new URL(connectionString);
      url.username = role;
      url.password = password;
      return url.href;
    },
    async close() {
      await sql(connectionString, `DROP OWNED BY ${role}`);
      await drop();
      const server = new URL(connectionString);
      server.pathname = "/postgres";
      await sql(server.href, `DROP ROLE ${role}`);
    },
  };
}

describe("a user who may change rows and nothing else", () => {
  it("cannot make, change or drop a table, and needs to do none of it when the tables are up to date", async () => {
    const { connectionString, leastRights, close } = await openWithLeastRights();
    const owner = createDatabase({ connectionString });
    await owner.migrate();
    await owner.close();
    const rights = await leastRights();
    for (const statement of ["CREATE TABLE more (id text)", "ALTER TABLE users ADD more text", "DROP TABLE users"]) {
      await expect(sql(rights, statement), statement).rejects.toThrow(/permission denied|must be owner/);
    }
    const database = createDatabase({ connectionString: rights });
    await expect(database.migrate()).resolves.toBeUndefined();
    await database.close();
    await close();
  });
});

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
    if (opened.leastRights === undefined) return;
    await database.close();
    database = createDatabase({ connectionString: await opened.leastRights() });
  });
  afterAll(async () => {
    await database.close();
    await opened.close();
  });

  describe("accounts (SRV-12)", () => {
    const store = () => ({ ...database.accounts, ...database.revocations });
    const contract = [...accountStoreContract(store), ...sessionStoreContract(store), ...providerStoreContract(store)];
    it.each(contract.map(({ name, run: check }) => [name, check] as const))("%s", async (_name, check) => {
      await expect(check()).resolves.toBeUndefined();
    });

    it("takes SQL in a name, a device or a hash for mere text", async () => {
      const evil = `'); DROP TABLE users; -- $1 ${Date.now()}`;
      const session = { id: evil, device: evil, address: evil, amr: "pwd" as const, maxAgeSeconds: 60, refresh: null };
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

  describe("the audit log (PWD-17)", () => {
    const userId = "audited";
    const query = { sinceSeconds: 3_600, userId, limit: 10 };

    it("gives back events in the order in which they happened, by the database's clock", async () => {
      await database.audit.write([
        { kind: "sign_in", userId, sessionId: "s", address: "192.0.2.1", device: "x".repeat(500), ageMs: 0 },
        { kind: "sign_up", userId, ageMs: 60_000, detail: { scope: ["a", "b"], ended: 1 } },
        { kind: "sign_in", userId: "somebody else", ageMs: 0 },
      ]);
      await database.audit.write([]);
      const [first, second, ...others] = await database.audit.list(query);
      expect(others).toEqual([]);
      expect(first).toMatchObject({ kind: "sign_up", sessionId: null, username: null });
      expect(first?.detail).toEqual({ scope: ["a", "b"], ended: 1 });
      expect(second).toMatchObject({ kind: "sign_in", address: "192.0.2.1", device: "x".repeat(200), detail: null });
      expect((second?.at.getTime() ?? 0) - (first?.at.getTime() ?? 0)).toBeGreaterThan(59_000);
      expect(await database.audit.list({ ...query, limit: 1 })).toEqual([second]);
      expect(await database.audit.list({ ...query, kinds: ["sign_up"] })).toEqual([first]);
      expect(await database.audit.list({ ...query, sinceSeconds: 30 })).toEqual([second]);
    });

    it("removes what is older than so many days, and nothing else", async () => {
      const day = 24 * 60 * 60 * 1000;
      const old = { kind: "sign_in", userId: "old", ageMs: 2 * day + 1_000 } as const;
      await database.audit.write([old, { ...old, ageMs: 2 * day - 60_000 }]);
      expect(await database.audit.removeOlderThan(2)).toBe(1);
      expect(await database.audit.removeOlderThan(2)).toBe(0);
      expect(await database.audit.list({ sinceSeconds: 9 * 86_400, userId: "old", limit: 10 })).toHaveLength(1);
    });
  });

  it("counts the statements it sends, one for each operation", async () => {
    const session = {
      id: `counted ${Date.now()}`,
      device: null,
      address: null,
      amr: "pwd" as const,
      maxAgeSeconds: 60,
      refresh: null,
    };
    const user = { id: session.id, username: session.id, passwordHash: "hash" };
    const before = database.queries();
    await database.accounts.createUser(user, session);
    await database.accounts.findByUsername(user.username);
    await database.accounts.createSession(user.id, 1, { ...session, id: `${session.id} again` });
    await database.signingKeys.listKeys();
    expect(database.queries() - before).toBe(4);
  });
});

describe("on a true PostgreSQL", () => {
  const session = { id: "first", device: null, address: null, amr: "pwd" as const, maxAgeSeconds: 60, refresh: null };
  const owner = { userId: "alice", sessionId: "first" };
  const issuer = "https://id.example";
  const code = (subject: string) => ({
    codeHash: `code of ${subject}`,
    transactionHash: subject,
    challenge: subject,
    issuer,
    subject,
    preferredUsername: null,
    maxAgeSeconds: 60,
  });
  let test: Awaited<ReturnType<typeof createTestDatabase>>;
  let database: Database;
  let other: Client;

  beforeEach(async () => {
    test = await createTestDatabase();
    database = createDatabase(test);
    await database.migrate();
    await database.accounts.createUser({ id: "alice", username: "alice", passwordHash: "old" }, session);
    other = new Client(test);
    await other.connect();
  });

  afterEach(async () => {
    await other.end();
    await database.close();
    await test.drop();
  });

  /** Somebody else changes something; what is begun meanwhile waits for it to be committed. */
  async function whileChanging<Result>(change: string, begin: () => Promise<Result>): Promise<Result> {
    await other.query("BEGIN");
    await other.query(change);
    const begun = begin();
    // It is waiting for the row once the server says so.
    const waiting =
      "SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    while ((await other.query(waiting)).rows[0].count === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await other.query("COMMIT");
    return begun;
  }

  it("a sign-in beside a change of the password waits for the change, and then is refused", async () => {
    const change = "UPDATE users SET password_hash = 'new', password_version = 2 WHERE id = 'alice'";
    const signIn = () => database.accounts.createSession("alice", 1, { ...session, id: "second" });
    expect(await whileChanging(change, signIn)).toBeUndefined();
  });

  const endsSession = "UPDATE sessions SET ended_at = clock_timestamp() WHERE id = 'first'";

  it("a first password beside the end of its session waits for the end, and then is not set", async () => {
    await other.query("UPDATE users SET password_hash = NULL WHERE id = 'alice'");
    expect(await whileChanging(endsSession, () => database.accounts.setFirstPassword(owner, "new"))).toBe(
      "session_ended",
    );
    expect((await database.accounts.findUser("alice"))?.passwordHash).toBeNull();
  });

  it("a link beside the end of its session waits for the end, and then is not made", async () => {
    const { codeHash, challenge } = code("ada");
    await database.accounts.addCode(code("ada"));
    const link = () => database.accounts.linkWithCode({ codeHash, challenge }, owner);
    expect(await whileChanging(endsSession, link)).toBe("session_ended");
    expect(await database.accounts.listProviders("alice")).toEqual([]);
  });

  it("an unlinking beside the end of its session waits for the end, and then is not done", async () => {
    const { codeHash, challenge } = code("ada");
    await database.accounts.addCode(code("ada"));
    await database.accounts.linkWithCode({ codeHash, challenge }, owner);
    const unlink = () => database.accounts.unlinkProvider(owner, issuer, [issuer]);
    expect(await whileChanging(endsSession, unlink)).toBe("session_ended");
    expect(await database.accounts.listProviders("alice")).toHaveLength(1);
  });

  it("a code that comes again while it is used waits for its session, and ends it", async () => {
    const { codeHash } = code("ada");
    await database.accounts.addCode(code("ada"));
    const use = `UPDATE hand_over_codes SET used_at = clock_timestamp(), session_id = 'first' WHERE code_hash = '${codeHash}'`;
    expect(await whileChanging(use, () => database.accounts.endReplayedCode(codeHash))).toEqual({
      sessionId: "first",
      ended: 1,
    });
  });
});
