// What npm run bench was asked for.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export const partNames = ["tokens", "curves", "http", "storm"] as const;
export type PartName = (typeof partNames)[number];

export interface Options {
  parts: readonly PartName[];
  /** Fewer rounds of shorter turns: the order of things, not the last digit. */
  short: boolean;
  /** How often each contender has a turn in a run that is not short. */
  rounds: number;
  /** Whether the results become those of the repository: benchmarks/results, docs/benchmarks.md, docs/images/benchmarks.svg. */
  save: boolean;
  /** Where the results go otherwise. */
  outDir: string;
  /** Of the result file, without ".json". */
  name: string;
}

export const repositoryDir = fileURLToPath(new URL("../..", import.meta.url));

export const usage = `npm run bench                          everything: an hour or more
npm run bench -- --short               everything, under 3 minutes
npm run bench -- ${partNames.join("|")}    one part or several
  --rounds N                           turns of each contender, 1 to 20 (default 5)
  --out FOLDER                         where results go (default .data/bench)
  --name NAME                          of the result file (default the date)
  --save                               results, tables and chart become those of the repository
`;

/** @throws Error with a sentence for a person */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      short: { type: "boolean", default: false },
      rounds: { type: "string", default: "5" },
      save: { type: "boolean", default: false },
      out: { type: "string" },
      name: { type: "string" },
    },
  });
  const unknown = positionals.filter((name) => !isPartName(name));
  if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(", ")}.`);
  const rounds = Number(values.rounds);
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 20)) throw new Error("--rounds is a number from 1 to 20.");
  return {
    rounds,
    parts: partNames.filter((name) => positionals.length === 0 || positionals.includes(name)),
    short: values.short,
    save: values.save,
    outDir: values.out ?? `${repositoryDir}.data/bench`,
    name: values.name ?? new Date().toISOString().slice(0, 10),
  };
}

function isPartName(name: string): name is PartName {
  return partNames.some((known) => known === name);
}
