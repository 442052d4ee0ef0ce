// docs/commands.md says what the help says.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandReference } from "../src/reference.ts";

test("docs/commands.md is what the help of the commands says; write it anew with: node scripts/commands.mjs", () => {
  const written = readFileSync(new URL("../../../docs/commands.md", import.meta.url), "utf8");
  expect(written).toBe(commandReference());
});
