// The table of who verifies what, as it stands in the docs: compared with what was seen, or written with INTEROP_WRITE=1.

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Algorithm, algorithms } from "./tokens.ts";
import { type Verifier, verifiers } from "./verifiers.ts";

export interface Observed {
  verifier: Verifier;
  accepts: Partial<Record<Algorithm, boolean>>;
}

const page = "docs/interoperability.md";
/** Has the same table, if it shows one. */
const readme = "README.md";
const begin = "<!-- interoperability -->\n";
const end = "\n<!-- /interoperability -->";

/** @returns what is wrong with the tables, in words */
export async function compareTables(observed: Observed[]): Promise<string[]> {
  return [...(await compareTable(page, observed)), ...(await compareTable(readme, observed))];
}

async function compareTable(document: string, observed: Observed[]): Promise<string[]> {
  const file = fileURLToPath(new URL(`../${document}`, import.meta.url));
  const text = await readFile(file, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 && document === readme) return [];
  if (from === -1 || to < from) return [`${document} has no place for the table`];
  const written = rowsOf(text.slice(from + begin.length, to));
  const rows = verifiers.flatMap((verifier) => {
    const seen = observed.find((one) => one.verifier === verifier);
    const row = seen === undefined ? written.find(([name]) => name === verifier.name) : rowOf(seen);
    return row === undefined ? [] : [row];
  });
  if (process.env["INTEROP_WRITE"] === "1") {
    await writeFile(file, text.slice(0, from + begin.length) + aligned(rows) + text.slice(to));
    return [];
  }
  return observed.flatMap((seen) => differences(document, written, rowOf(seen)));
}

/** Another version may know more: it is told of, and compared on a machine that has the version of the table. */
function differences(document: string, written: string[][], seen: string[]): string[] {
  const [name, , version] = seen;
  const row = written.find((one) => one[0] === name);
  if (row === undefined) return [`${document} does not name ${name}`];
  if (row[2] !== version) {
    // oxlint-disable-next-line no-console -- what was not compared must not look as if it agreed
    console.info(`NOT COMPARED: ${document} is about ${name} ${row[2]}; here is ${version}.`);
    return [];
  }
  return row.join() === seen.join()
    ? []
    : [`${document} says of ${name}: ${row.join(" | ")}; seen: ${seen.join(" | ")}`];
}

function rowOf({ verifier, accepts }: Observed): string[] {
  const cells = algorithms.map((algorithm) => (accepts[algorithm] ? "yes" : "—"));
  return [verifier.name, verifier.language, verifier.version ?? "", ...cells];
}

function rowsOf(table: string): string[][] {
  const lines = table.trim().split("\n").slice(2);
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function aligned(rows: string[][]): string {
  const all = [["verifier", "language", "version", ...algorithms], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = all;
  return ["", line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line), ""].join("\n");
}
