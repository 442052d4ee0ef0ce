// The production build of an app on a data folder of its own, which goes when the tests have ended.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

if (process.env["DATA_DIR"] === undefined) {
  const dataDir = mkdtempSync(join(tmpdir(), "signet-e2e-"));
  process.on("exit", () => rmSync(dataDir, { recursive: true, force: true }));
  process.env["DATA_DIR"] = dataDir;
}
process.env["NODE_ENV"] = "production";

const [, , app = "web/dist/server/main.js"] = process.argv;
await import(`../apps/${app}`);
