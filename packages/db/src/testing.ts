// @signet/db/testing: a true PostgreSQL for the tests of every room.

export {
  createTestDatabase,
  provideTestPostgres,
  startTestPostgres,
  type TestDatabase,
  type TestPostgres,
} from "./test-postgres.ts";
