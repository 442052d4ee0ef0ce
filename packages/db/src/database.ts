// One PostgreSQL database, real or embedded: its stores, its migrations, and how it fails.

import { PrismaPg } from "@prisma/adapter-pg";
import type { AccountStore, ProviderAccountStore, SessionStore } from "@signet/accounts/stores";
import type { SigningKeyStore } from "@signet/auth/keys";
import { type ClientConfig, Pool } from "pg";
import { createAccountStore } from "./account-store.ts";
import { type AuditStore, createAuditStore } from "./audit-store.ts";
import { createCounterStore, type RemovableCounters } from "./counter-store.ts";
import { PrismaClient } from "./generated/client.ts";
import { migrate, pendingMigrations } from "./migrate.ts";
import { removeOldSessions } from "./old-sessions.ts";
import { createProviderAccountStore, removeOldCodes } from "./provider-account-store.ts";
import { createRevocationStore, type RevocationStore } from "./revocation-store.ts";
import { createSessionStore } from "./session-store.ts";
import { createSigningKeyStore } from "./signing-key-store.ts";
import { withStorageErrors } from "./storage-errors.ts";

export interface DatabaseOptions {
  /** `postgresql://…`; `?host=FOLDER` for a Unix socket, `?sslmode=verify-full` for a server elsewhere. */
  connectionString: string;
  /** The most connections that are open at once. Default 10. */
  maxConnections?: number;
  /** How long to wait for a connection, and how long for an answer, in milliseconds. Default 2,000 each. */
  timeoutMs?: number;
}

export interface Database {
  accounts: AccountStore & SessionStore & ProviderAccountStore;
  revocations: RevocationStore;
  signingKeys: SigningKeyStore;
  audit: AuditStore;
  counters: RemovableCounters;
  /** Removes sessions that have been over for a day. Not more than some thousands at once. @returns how many */
  removeOldSessions(): Promise<number>;
  /** Removes hand-over codes that were over a day ago, in the same way. @returns how many */
  removeOldCodes(): Promise<number>;
  /** Brings the tables to the newest migration; see `migrate`. */
  migrate(): Promise<void>;
  /** The names of the migrations that `migrate` would apply; throws as it does. */
  pendingMigrations(): Promise<string[]>;
  /** @throws AuthError `storage_unavailable` */
  ping(): Promise<void>;
  /** How many SQL statements the stores have sent so far. */
  queries(): number;
  /** How many connections are open, how many of them have nothing to do, and how many statements wait for one. */
  connections(): { open: number; idle: number; waiting: number };
  /** Waits for what is under way, then closes every connection. */
  close(): Promise<void>;
}

/**
 * Connects at the first statement, not now: a database that cannot be reached makes every operation fail with
 * `storage_unavailable` until it can be.
 */
export function createDatabase(options: DatabaseOptions): Database {
  const { connectionString, maxConnections = 10, timeoutMs = 2_000 } = options;
  const connecting: ClientConfig = {
    connectionString,
    connectionTimeoutMillis: timeoutMs,
    application_name: "signet",
    keepAlive: true,
    // Every statement is written for it, and a database may have another default.
    options: "-c default_transaction_isolation=read\\ committed",
  };
  const pool = new Pool({
    ...connecting,
    max: maxConnections,
    // The server's own limit frees its locks; ours holds when the server does not answer at all.
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs + 500,
  });
  // A connection that breaks while it rests is dropped by the pool; the next statement gets a new one.
  pool.on("error", () => undefined);

  const prisma = new PrismaClient({ adapter: new PrismaPg(pool), log: [{ emit: "event", level: "query" }] });
  let queries = 0;
  prisma.$on("query", () => {
    queries += 1;
  });

  return {
    accounts: { ...createAccountStore(prisma), ...createSessionStore(prisma), ...createProviderAccountStore(prisma) },
    revocations: createRevocationStore(prisma),
    signingKeys: createSigningKeyStore(prisma),
    audit: createAuditStore(prisma),
    counters: createCounterStore(pool, () => {
      queries += 1;
    }),
    removeOldSessions: () => removeOldSessions(prisma),
    removeOldCodes: () => removeOldCodes(prisma),
    migrate: () => migrate(connecting),
    pendingMigrations: () => pendingMigrations(connecting),
    ping: () =>
      withStorageErrors(async () => {
        await prisma.$queryRaw`SELECT 1`;
      }),
    queries: () => queries,
    connections: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}
