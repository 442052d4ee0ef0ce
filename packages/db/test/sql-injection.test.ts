// Values never become SQL: statements are tagged templates alone, and the calls that take a string are not used.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const source = fileURLToPath(new URL("../src/", import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".ts") && !name.startsWith("generated"),
);

it.each(files)("%s builds no SQL from text", (name) => {
  const text = readFileSync(`${source}${name}`, "utf8");
  expect(text).not.toMatch(/Unsafe|Prisma\.raw|statementNameGenerator/);
  // `prisma.$queryRaw(…)` with parentheses would take any string.
  expect(text).not.toMatch(/\$(?:query|execute)Raw(?:<[^`]*>)?\(/);
});
