// Writes docs/commands.md from the help of the commands.

import { writeFileSync } from "node:fs";
import { build } from "./prepare.mjs";
import { root } from "./run.mjs";

await build("apps/cli");
const { commandReference } = await import("../apps/cli/dist/reference.js");
writeFileSync(`${root}docs/commands.md`, commandReference());
