// @signet/db: the stores of the other rooms on PostgreSQL, real or embedded.

export type { AuditQuery, AuditStore, DatedEvent, StoredAuditEvent } from "./audit-store.ts";
export { createDatabase, type Database, type DatabaseOptions } from "./database.ts";
export {
  type EmbeddedDatabase,
  type EmbeddedDatabaseOptions,
  openEmbeddedDatabase,
} from "./embedded/embedded-database.ts";
export { UnusableDatabaseError } from "./unusable-database-error.ts";
