// Packs every package as it would be published, judges its shape, installs all of them elsewhere and imports each export.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { pnpm, root, run, stop } from "./run.mjs";

const folder = mkdtempSync(join(tmpdir(), "signet-packed-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const manifests = readdirSync(`${root}packages`).map((name) => ({
  dir: `${root}packages/${name}`,
  manifest: JSON.parse(readFileSync(`${root}packages/${name}/package.json`, "utf8")),
}));

for (const { dir } of manifests) {
  const { code, output } = await pnpm(["--dir", dir, "pack", "--pack-destination", folder], { capture: true });
  if (code !== 0) stop("A package could not be packed.", output);
}
const tarballs = readdirSync(folder).map((file) => join(folder, file));

for (const { manifest } of manifests) {
  const tarball = tarballs.find((path) => path.includes(manifest.name.replace("@", "").replace("/", "-")));
  if (tarball === undefined) stop(`${manifest.name} was not packed.`);
  const { messages, pkg } = await publint({ level: "suggestion", strict: true, pack: { tarball: contentOf(tarball) } });
  if (messages.length > 0) {
    stop(`${manifest.name} is not shaped for publishing.`, messages.map((text) => formatMessage(text, pkg)).join("\n"));
  }
}

const consumer = join(folder, "consumer");
mkdirSync(consumer);
writeFileSync(join(consumer, "package.json"), JSON.stringify({ private: true, type: "module" }));
// Optional peers too: every export is imported.
const peers = manifests.flatMap(({ manifest }) =>
  Object.entries(manifest.peerDependencies ?? {}).map(([name, range]) => `${name}@${range}`),
);
const installed = await run(
  "npm",
  ["--prefix", consumer, "install", "--no-audit", "--no-fund", "--ignore-scripts", ...tarballs, ...peers],
  { capture: true },
);
if (installed.code !== 0) stop("The packed packages do not install.", installed.output);

const specifiers = manifests.flatMap(({ manifest }) =>
  Object.keys(manifest.exports).map((key) => manifest.name + key.slice(1)),
);
writeFileSync(
  join(consumer, "import-all.js"),
  specifiers.map((name) => `await import(${JSON.stringify(name)});`).join("\n"),
);
const imported = await run(process.execPath, [join(consumer, "import-all.js")], { capture: true });
if (imported.code !== 0) stop("A packed package does not load.", imported.output);
process.stdout.write(`${manifests.length} packages, ${specifiers.length} exports\n`);

/** The bytes of a file, in a buffer that holds nothing else. @param {string} path */
function contentOf(path) {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  return buffer.slice(byteOffset, byteOffset + byteLength);
}
