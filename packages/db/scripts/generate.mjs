// Generates the Prisma client, without the network: the schema engine, a binary that Prisma would download, takes no part in it,
// but its absence would be an error, so any executable stands in for it.

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const prismaRoot = dirname(require.resolve("prisma/package.json"));
const { bin } = require("prisma/package.json");

const { status, stdout, stderr, error } = spawnSync(
  process.execPath,
  [resolve(prismaRoot, bin.prisma), "generate", "--schema", "prisma/schema.prisma", "--no-hints"],
  {
    cwd: packageRoot,
    encoding: "utf8",
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: "1",
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
    },
  },
);
if (status !== 0) {
  process.stderr.write(
    `The Prisma client could not be generated.\n${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}\n`,
  );
  process.exit(1);
}
