// Where results go: a folder outside of the repository's files, or, with --save, the files that README and docs show.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../machine.ts";
import { type Options, repositoryDir } from "../options.ts";
import type { Results } from "../results.ts";
import { drawChart } from "./chart.ts";
import { tablesOf } from "./tables.ts";

const page = "docs/benchmarks.md";
const image = "docs/images/benchmarks.svg";
const [begin, end] = ["<!-- tables: begin -->", "<!-- tables: end -->"];

/** @returns The paths of what was written. */
export function writeResults(results: Results, { save, outDir, name }: Options): string[] {
  const folder = save ? join(repositoryDir, "benchmarks/results") : outDir;
  mkdirSync(folder, { recursive: true });
  const json = join(folder, `${name}.json`);
  writeFileSync(json, `${JSON.stringify(results, undefined, 2)}\n`);
  const chart = save ? join(repositoryDir, image) : join(folder, `${name}.svg`);
  writeFileSync(chart, drawChart(results));
  if (!save) return [json, chart];

  const path = join(repositoryDir, page);
  writeFileSync(path, withTables(readFileSync(path, "utf8"), results));
  return [json, chart, path];
}

function withTables(text: string, results: Results): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page} must have ${begin} and, after it, ${end}.`);
  const tables = Object.entries(results.parts).map(([name, part]) => `## Results: ${name}\n\n${tablesOf(part, "###")}`);
  return `${text.slice(0, from)}${begin}\n\n${[about(results), ...tables].join("\n\n")}\n\n${text.slice(to)}`;
}

function about({ takenAt, short, machine }: Results): string {
  const { cpu, cores, memoryGiB, system } = machine;
  return [
    `Taken on ${takenAt.slice(0, 10)}${short ? ", in a short run" : ""}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}.`,
    `Versions: ${versions(machine)}.`,
  ].join("\n");
}

function versions({ versions: all }: Machine): string {
  return Object.entries(all)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}
