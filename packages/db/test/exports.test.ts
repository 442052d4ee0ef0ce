import * as db from "@signet/db";
import * as testing from "@signet/db/testing";
import { expect, it } from "vitest";

it("exports these names and no others", () => {
  expect(Object.keys(db).toSorted()).toEqual(["UnusableDatabaseError", "createDatabase", "openEmbeddedDatabase"]);
  expect(Object.keys(testing).toSorted()).toEqual(["createTestDatabase", "provideTestPostgres", "startTestPostgres"]);
});
