// Folders that are gone when the test file has ended.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const roots: string[] = [];
afterAll(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** @returns A path where nothing is yet. */
export function temporaryFolder(name = "folder"): string {
  const root = mkdtempSync(join(tmpdir(), "signet-test-"));
  roots.push(root);
  return join(root, name);
}
