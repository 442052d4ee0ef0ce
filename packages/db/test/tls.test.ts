// The way to the database (SRV-11): with `sslmode=verify-full` nobody between is spoken to, whatever certificate they show. A true
// PostgreSQL, with certificates made here.

import { X509Certificate } from "node:crypto";
import { chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { createDatabase, type Database } from "@signet/db";
import { startTestPostgres, type TestPostgres } from "@signet/db/testing";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Certificate, createAuthority } from "./certificates.ts";
import { sql } from "./sql.ts";

const authority = createAuthority("An authority of our own");
const stranger = createAuthority("An authority of our own");
const good = authority.issue({ dnsName: "localhost" });

let server: TestPostgres;
let folder: string;
let database: Database | undefined;

beforeAll(async () => {
  server = await startTestPostgres();
  folder = mkdtempSync(join(tmpdir(), "signet-tls-"));
  writeFileSync(join(folder, "authority.pem"), authority.certificate);
});

afterEach(async () => {
  await database?.close();
  database = undefined;
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** From now on new connections get TLS with this certificate; or none, without one. */
async function show(shown: Certificate | undefined): Promise<void> {
  if (shown === undefined) {
    await sql(server.connectionString, "ALTER SYSTEM SET ssl = off");
  } else {
    const [{ data } = { data: "" }] = await sql<{ data: string }>(
      server.connectionString,
      "SELECT current_setting('data_directory') AS data",
    );
    const { uid, gid } = statSync(data);
    for (const [name, text] of Object.entries({ "server.crt": shown.certificate, "server.key": shown.key })) {
      writeFileSync(join(data, name), text, { mode: 0o600 });
      chownSync(join(data, name), uid, gid);
    }
    await sql(server.connectionString, "ALTER SYSTEM SET ssl = on");
  }
  await sql(server.connectionString, "SELECT pg_reload_conf()");
  await expect
    .poll(() => sql(server.connectionString, "SHOW ssl"))
    .toEqual([{ ssl: shown === undefined ? "off" : "on" }]);
  if (shown === undefined) return;
  // The new certificate is read a moment after the new settings.
  await expect.poll(() => isShown(shown)).toBe(true);
}

async function isShown({ certificate }: Certificate): Promise<boolean> {
  const options = { ca: [certificate], rejectUnauthorized: false };
  const client = new Client({ connectionString: server.connectionString, ssl: options });
  await client.connect();
  const { stream } = (client as unknown as { connection: { stream: TLSSocket } }).connection;
  const found = new X509Certificate(stream.getPeerCertificate().raw).toString().trim() === certificate.trim();
  await client.end();
  return found;
}

/** By name, as certificates have it. */
function connect(parameters: string): Database {
  const url = new URL(server.connectionString);
  url.hostname = "localhost";
  url.search = parameters;
  database = createDatabase({ connectionString: url.href });
  return database;
}

const verified = () => `sslmode=verify-full&sslrootcert=${encodeURIComponent(join(folder, "authority.pem"))}`;

const encryptedConnections = `SELECT count(*)::int AS count FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
  WHERE ssl AND application_name = 'signet'`;

describe("sslmode=verify-full", () => {
  it("takes a server with the right name and the right authority: migrations and stores, encrypted", async () => {
    await show(good);
    const { migrate, ping, accounts, pendingMigrations } = connect(verified());
    await migrate();
    await ping();
    expect(await accounts.findByUsername("nobody")).toBeUndefined();
    expect(await pendingMigrations()).toEqual([]);
    const [{ count } = { count: 0 }] = await sql<{ count: number }>(server.connectionString, encryptedConnections);
    expect(count).toBeGreaterThan(0);
  });

  it.each<[name: string, shown: () => Certificate | undefined]>([
    ["another name", () => authority.issue({ dnsName: "db.example" })],
    ["another authority of the same name", () => stranger.issue({ dnsName: "localhost" })],
    ["itself as the authority", () => stranger],
    [
      "a certificate that has run out",
      () => authority.issue({ dnsName: "localhost", notAfter: new Date(Date.now() - 1_000) }),
    ],
    ["no TLS at all", () => undefined],
  ])("refuses a server that has %s: not reachable, by stores and by migrations", async (_name, shown) => {
    await show(shown());
    const { ping, migrate, accounts } = connect(verified());
    const unavailable = expect.objectContaining({ reason: "storage_unavailable" });
    await expect(ping()).rejects.toEqual(unavailable);
    await expect(accounts.findByUsername("nobody")).rejects.toEqual(unavailable);
    await expect(migrate()).rejects.toEqual(unavailable);
    expect(await sql(server.connectionString, encryptedConnections)).toEqual([{ count: 0 }]);

    // The same address, as soon as the right one answers there.
    await show(good);
    await expect(ping()).resolves.toBeUndefined();
  });

  it("without an authority of its own believes those that the machine believes, and not this one", async () => {
    await show(good);
    await expect(connect("sslmode=verify-full").ping()).rejects.toMatchObject({ reason: "storage_unavailable" });
  });
});

it("without sslmode nothing is encrypted, even where the server offers it: it has to be asked for", async () => {
  await show(good);
  await connect("").ping();
  expect(await sql(server.connectionString, encryptedConnections)).toEqual([{ count: 0 }]);
});
