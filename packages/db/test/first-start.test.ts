// Two servers that start for the first time at the same moment, as real processes: they must agree on tables and keys.

import { randomBytes } from "node:crypto";
import { createTestDatabase } from "@signet/db/testing";
import { describe, expect, it } from "vitest";
import { startProcess } from "./processes.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const script = new URL("./processes/first-start.mjs", import.meta.url);

async function startTogether(where: string, count: number): Promise<{ kids: string[]; signsWith: string }[]> {
  const secret = randomBytes(32).toString("base64url");
  const processes = Array.from({ length: count }, () => startProcess(script, where, secret));
  await Promise.all(processes.map((process) => process.hears("waiting")));
  for (const process of processes) process.tell("start");
  await Promise.all(processes.map((process) => process.hears("kids")));
  for (const process of processes) process.tell("end");
  await Promise.all(processes.map((process) => process.exited));
  expect(processes.map(({ child }) => child.exitCode)).toEqual(processes.map(() => 0));
  expect(processes.flatMap(({ said }) => said.filter((message) => "alarm" in message))).toEqual([]);
  return processes.map(
    ({ said }) => said.find((message) => "kids" in message) as { kids: string[]; signsWith: string },
  );
}

describe.each([
  ["a true PostgreSQL", createTestDatabase],
  ["the embedded database", async () => ({ connectionString: temporaryFolder(), drop: async () => undefined })],
])("on %s", (_, open) => {
  it.each([2, 6])("%i processes have the same one key, and sign with it", async (count) => {
    const { connectionString, drop } = await open();
    const [first, ...others] = await startTogether(connectionString, count);
    expect(first?.kids).toHaveLength(1);
    expect(first?.signsWith).toBe(first?.kids[0]);
    for (const other of others) expect(other).toEqual(first);
    await drop();
  });
});
