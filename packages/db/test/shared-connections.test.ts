// All connections to the embedded database share one backend of PostgreSQL. None may see what belongs to another.

import { type EventEmitter, once } from "node:events";
import type { Socket } from "node:net";
import { createDatabase, type EmbeddedDatabase, openEmbeddedDatabase } from "@signet/db";
import { Client, Pool } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

let embedded: EmbeddedDatabase;
let pool: Pool;

beforeAll(async () => {
  embedded = await openEmbeddedDatabase({ dataDir: temporaryFolder() });
  pool = new Pool({ ...embedded.connection, max: 8, query_timeout: 10_000 });
  await pool.query("CREATE TABLE notes (text text PRIMARY KEY)");
});
afterAll(async () => {
  await pool.end();
  await embedded.close();
});

async function expectOwnRow(number: number): Promise<void> {
  const { rows } = await pool.query("SELECT $1::text AS text, $2::int AS number", [`text ${number}`, number]);
  expect(rows).toEqual([{ text: `text ${number}`, number }]);
}

async function connect(): Promise<Client> {
  const client = new Client(embedded.connection);
  // It will be cut off on purpose.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** One message at a time. */
interface Connection extends EventEmitter {
  stream: Socket;
  parse(statement: { text: string }): void;
  bind(values: object): void;
  flush(): void;
  sync(): void;
  end(): void;
}

function connectionOf(client: Client): Connection {
  return (client as unknown as { connection: Connection }).connection;
}

function cutOff(client: Client): void {
  connectionOf(client).stream.destroy();
}

function expectOwnRows(count: number): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, (_, number) => expectOwnRow(number)));
}

it("gives everybody their own rows while a transaction makes others wait", async () => {
  for (let round = 0; round < 10; round += 1) {
    const client = await connect();
    await client.query("BEGIN");
    await client.query("INSERT INTO notes VALUES ($1)", [`round ${round}`]);
    const others = expectOwnRows(20);
    await client.query("SELECT pg_sleep(0.01)");
    await client.query("COMMIT");
    await expect(others).resolves.toBeDefined();
    await client.end();
  }
});

it("gives everybody their own rows when a client is cut off within a transaction, which is undone", async () => {
  for (let round = 0; round < 10; round += 1) {
    const client = await connect();
    await client.query("BEGIN");
    await client.query("INSERT INTO notes VALUES ($1)", [`never ${round}`]);
    const others = expectOwnRows(20);
    cutOff(client);
    await others;
  }
  const { rows } = await pool.query("SELECT text FROM notes WHERE text LIKE 'never%'");
  expect(rows).toEqual([]);
});

it.each([
  ["within a statement", "INSERT INTO notes VALUES ('half')", ""],
  // After an error the backend skips everything, a ROLLBACK too, up to the Sync that never comes.
  ["within a statement that failed", "SELECT nonsense()", ""],
  ["within a statement that failed in a transaction", "SELECT nonsense()", "BEGIN"],
])("gives everybody their own rows when a client is cut off %s", async (_, text, before) => {
  for (let round = 0; round < 10; round += 1) {
    const client = await connect();
    await client.query(before);
    const connection = connectionOf(client);
    connection.parse({ text });
    connection.bind({});
    // Of every second client nothing has reached the backend yet.
    if (round % 2 === 0) connection.flush();
    const others = expectOwnRows(10);
    await new Promise((resolve) => setTimeout(resolve, 5));
    cutOff(client);
    await others;
  }
  const { rows } = await pool.query("SELECT text FROM notes WHERE text = 'half'");
  expect(rows).toEqual([]);
});

it("gives everybody their own rows beside statements that fail", async () => {
  const failing = Array.from({ length: 200 }, () =>
    expect(pool.query("SELECT nonsense($1::int)", [1])).rejects.toThrow("nonsense"),
  );
  await Promise.all([expectOwnRows(200), ...failing]);
});

it("gives everybody their own rows when a client says goodbye within a statement", async () => {
  for (let round = 0; round < 5; round += 1) {
    const connection = connectionOf(await connect());
    const others = expectOwnRows(20);
    connection.parse({ text: "SELECT 'never finished'" });
    connection.end();
    await expect(others).resolves.toBeDefined();
    await expectOwnRow(round);
  }
});

it("answers within a statement whoever asks for it, and lets nobody in before its end", async () => {
  const client = await connect();
  const connection = connectionOf(client);
  connection.parse({ text: "SELECT 1" });
  connection.flush();
  await once(connection, "parseComplete");
  let isInside = true;
  const waiting = expectOwnRow(1).then(() => expect(isInside).toBe(false));
  connection.parse({ text: "SELECT 2" });
  connection.flush();
  await once(connection, "parseComplete");
  isInside = false;
  connection.sync();
  await once(connection, "readyForQuery");
  await waiting;
  await client.end();
});

it("answers a statement in one piece, so that its client wakes up once", async () => {
  const client = await connect();
  let pieces = 0;
  connectionOf(client).stream.on("data", () => {
    pieces += 1;
  });
  for (let number = 1; number <= 20; number += 1) {
    await client.query("SELECT $1::int AS number", [number]);
    expect(pieces).toBe(number);
  }
  await client.end();
});

it("lets one of fifty conditional updates win", async () => {
  const database = createDatabase(embedded.connection);
  await database.migrate();
  const session = { id: "s", device: null, address: null, amr: "pwd" as const, maxAgeSeconds: 60, refresh: null };
  await database.accounts.createUser({ id: "u", username: "u", passwordHash: "from" }, session);
  const update = "UPDATE users SET password_hash = $1 WHERE id = 'u' AND password_hash = 'from'";
  const answers = await Promise.all(Array.from({ length: 50 }, (_, number) => pool.query(update, [`to ${number}`])));
  expect(answers.filter(({ rowCount }) => rowCount === 1)).toHaveLength(1);
  await database.close();
});
