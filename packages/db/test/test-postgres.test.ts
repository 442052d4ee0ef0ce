import { startTestPostgres } from "@signet/db/testing";
import { expect, it } from "vitest";
import { sql } from "./sql.ts";

it("starts PostgreSQL from the npm package, where the machine has none, and stops it", async () => {
  const server = await startTestPostgres("package");
  expect(
    await sql(server.connectionString, "SELECT current_setting('server_version_num')::int >= 180000 AS recent"),
  ).toEqual([{ recent: true }]);
  await server.stop();
  await expect(sql(server.connectionString, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
});
