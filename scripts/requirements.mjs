// Writes docs/requirements.md: what the standards demand, and which tests show it. Tests claim an id by naming it in a title
// or a comment. With --check nothing is written, and whatever is not in order ends it with 1.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { chapters, requirements } from "./requirements-list.mjs";
import { root, run, stop } from "./run.mjs";

/** @typedef {import("./requirements-list.mjs").Requirement} Requirement */

const document = "docs/requirements.md";
const list = "scripts/requirements-list.mjs";
/** Test files, what stands beside them, and the contracts that every store is tested by. */
const testFile =
  /^(?:packages\/[^/]+\/(?:src\/.*(?:\.test\.tsx?|-contract\.ts)|test\/.*\.tsx?)|apps\/[^/]+\/(?:src\/.*\.test\.tsx?|test\/.*\.tsx?)|e2e\/tests\/.*\.tsx?)$/;
const idInText = new RegExp(`\\b(?:${Object.keys(chapters).join("|")})-\\d\\d\\b`, "g");

const testsById = await readClaims();
const text = formatted(write());
if (process.argv.includes("--check")) {
  const problems = [...problemsOfList(), ...problemsOfClaims(), ...problemsOfDocument()];
  if (problems.length > 0) stop("The requirements and the tests do not agree.", problems.join("\n"));
} else {
  writeFileSync(root + document, text);
}
process.stdout.write(`${summary()}\n`);

/** @returns {Promise<Map<string, string[]>>} the files that name an id, in order */
async function readClaims() {
  const { code, output } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    capture: true,
  });
  if (code !== 0) stop("The test files could not be listed: this needs git, and a clone.", output);
  const files = [...new Set(output.split("\0"))].filter((file) => testFile.test(file) && existsSync(root + file));
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const file of files.toSorted()) {
    for (const id of new Set(readFileSync(root + file, "utf8").match(idInText))) {
      found.set(id, [...(found.get(id) ?? []), file]);
    }
  }
  return found;
}

function problemsOfList() {
  const ids = requirements.map(({ id }) => id);
  return [
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} stands twice in ${list}.`),
    ...ids.filter((id) => !isInChapter(id)).map((id) => `${id} in ${list} belongs to no chapter.`),
  ];
}

function problemsOfClaims() {
  const known = new Set(requirements.map(({ id }) => id));
  const unknown = [...testsById].filter(([id]) => !known.has(id));
  return [
    ...unknown.map(([id, files]) => `${id} is named in ${files.join(", ")}, and is not in ${list}.`),
    ...requirements.flatMap((requirement) => problemOf(requirement) ?? []),
  ];
}

/** @param {Requirement} requirement */
function problemOf({ id, must, note }) {
  const files = testsById.get(id);
  if (files !== undefined && note !== undefined) {
    return `${id} has a note in ${list} that says why it is not shown, and ${files.join(", ")} names it: one of them is wrong.`;
  }
  if (files === undefined && must && note === undefined) {
    return `${id} is a must, and has neither a test that names it nor a note in ${list} that says why.`;
  }
  return undefined;
}

function problemsOfDocument() {
  const written = existsSync(root + document) ? readFileSync(root + document, "utf8") : undefined;
  return written === text ? [] : [`${document} is out of date. Write it anew: node scripts/requirements.mjs`];
}

function write() {
  const parts = Object.entries(chapters).map(([prefix, title]) => {
    const rows = requirements.filter(({ id }) => prefixOf(id) === prefix).map(rowOf);
    return [`## ${title} (${prefix})`, "", "| id | what | shown by |", "| --- | --- | --- |", ...rows, ""].join("\n");
  });
  return `# Requirements

What the standards demand, in our words, and the tests that show it; _should_ is a recommendation, everything else is demanded.
Where no test stands, a sentence says why: it does not apply, is decided otherwise, or is not met yet. "—" is a gap.
Written by \`node scripts/requirements.mjs\` from the [list](../${list}) and the ids in the tests; change it there.

${parts.join("\n")}`;
}

/** As the check of the format wants it, so that what is written here passes there. @param {string} markdown */
function formatted(markdown) {
  const biome = `${root}node_modules/.bin/biome`;
  const args = ["format", `--stdin-file-path=${document}`];
  const { status, stdout, stderr } = spawnSync(biome, args, { cwd: root, input: markdown, encoding: "utf8" });
  if (status !== 0) stop(`${document} could not be formatted; are the dependencies installed?`, stderr ?? "");
  return stdout;
}

/** @param {Requirement} requirement */
function rowOf({ id, must, statement, source, note, decided, missing }) {
  const what = `${must ? "" : "_should:_ "}${statement} (${source})`;
  const links = (testsById.get(id) ?? []).map(linkTo).join(", ");
  const remarks = [decided && `Decided: ${decided}`, note, missing && `Not shown: ${missing}`];
  const shown = [links, ...remarks].flatMap((part) => (part ? [inCell(part)] : []));
  return `| ${id} | ${inCell(what)} | ${shown.join("<br>") || "—"} |`;
}

/** `packages/auth/test/attacks/jwe.test.ts` reads as `auth/attacks/jwe`. @param {string} file */
function linkTo(file) {
  const name = file.replace(/^(?:packages|apps)\//, "").replace(/^([^/]+)\/(?:src|tests?)\//, "$1/");
  const target = relative("docs", file).split("/").map(encodeURIComponent).join("/");
  return `[${name.replace(/(?:\.test|\.spec)?\.tsx?$/, "")}](${target.replaceAll("(", "%28").replaceAll(")", "%29")})`;
}

/** @param {string} cell */
function inCell(cell) {
  return cell.replaceAll("|", "\\|");
}

/** @param {string} id */
function prefixOf(id) {
  return id.replace(/-\d\d$/, "");
}

/** @param {string} id */
function isInChapter(id) {
  return Object.hasOwn(chapters, prefixOf(id));
}

function summary() {
  const shown = requirements.filter(({ id }) => testsById.has(id));
  const explained = requirements.filter(
    ({ id, note, decided }) => !testsById.has(id) && (note ?? decided) !== undefined,
  );
  const gaps = requirements.length - shown.length - explained.length;
  return `${requirements.length} requirements: ${shown.length} with tests, ${explained.length} with a reason, ${gaps} with neither`;
}
