// A folder that is gone when the test file has ended.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

export function temporaryFolder(name = "folder"): string {
  const root = mkdtempSync(join(tmpdir(), "signet-test-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return join(root, name);
}
