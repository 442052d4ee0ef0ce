// node scripts/pnpm.mjs …: pnpm in the pinned version, without a global install.

import "./node-version.mjs";

const { pnpm } = await import("./run.mjs");
process.exitCode = (await pnpm(process.argv.slice(2))).code;
