import { startTestPostgres } from "@signet/db/testing";
import { Client } from "pg";
import { expect, it } from "vitest";
import { sql } from "./sql.ts";

it("starts PostgreSQL from the npm package, where the machine has none, and stops it", async () => {
  const server = await startTestPostgres({ source: "package" });
  expect(
    await sql(server.connectionString, "SELECT current_setting('server_version_num')::int >= 180000 AS recent"),
  ).toEqual([{ recent: true }]);
  await server.stop();
  await expect(sql(server.connectionString, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
});

it("is killed and started again on the same files, with what was committed and without what was not", async () => {
  const server = await startTestPostgres({ durable: true });
  await sql(server.connectionString, "CREATE TABLE kept AS SELECT 1 AS number");
  const cutOff = new Client(server.connectionString);
  cutOff.on("error", () => undefined);
  await cutOff.connect();
  await cutOff.query("BEGIN");
  await cutOff.query("INSERT INTO kept VALUES (2)");
  await server.crash();
  await expect(sql(server.connectionString, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
  await server.restart();
  expect(await sql(server.connectionString, "SELECT number FROM kept")).toEqual([{ number: 1 }]);
  await server.stop();
});
