// Finds the published JOSE test vectors, which are not part of this repository.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = process.env["JOSE_VECTORS_DIR"] ?? fileURLToPath(new URL("../../../../shared/vectors", import.meta.url));

export const wycheproofFolder = `${folder}/wycheproof`;
export const cookbookFolder = `${folder}/rfc7520`;

/** Whether a folder of vectors is there; says aloud what is skipped when it is not, and where to get it. */
export function isThere(vectorFolder: string, source: string): boolean {
  if (existsSync(vectorFolder)) return true;
  say(`SKIPPED: no vectors at ${vectorFolder}. Get them from ${source} and set JOSE_VECTORS_DIR to the folder above.`);
  return false;
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

export function filesOf(vectorFolder: string): string[] {
  return readdirSync(vectorFolder).filter((name) => name.endsWith(".json"));
}

/** Counts belong in the test run's output: a suite that ran nothing must not look like one that passed. */
export function say(text: string): void {
  // oxlint-disable-next-line no-console
  console.info(text);
}
