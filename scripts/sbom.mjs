// npm run sbom: the bill of materials of what runs, as CycloneDX 1.6, from the lock file alone. Written to sbom.cdx.json, or where the
// first argument says.

import "./node-version.mjs";
import { resolve } from "node:path";

const { pnpm, root, stop } = await import("./run.mjs");
const file = resolve(root, process.argv[2] ?? "sbom.cdx.json");
// What only develops, compares or tests is nobody's supply.
const rooms = ["--filter=./apps/*", "--filter=./packages/*"];
const format = ["--sbom-format=cyclonedx", "--sbom-spec-version=1.6", "--sbom-type=application"];
const { code, output } = await pnpm([...rooms, "sbom", "--prod", "--lockfile-only", ...format, `--out=${file}`], {
  capture: true,
});
if (code !== 0) stop("The bill of materials could not be written.", output);
process.stdout.write(`${file}\n`);
