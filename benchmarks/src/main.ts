// npm run bench: how fast it is on this machine, all of it or the parts that are named.

import { measureCurves } from "./curves/measure.ts";
import { measureHttp } from "./http/measure.ts";
import { describeMachine } from "./machine.ts";
import { type Options, type PartName, parseOptions, usage } from "./options.ts";
import { tell } from "./progress.ts";
import { tablesOf } from "./report/tables.ts";
import { writeResults } from "./report/write.ts";
import { type Part, type Results, ratiosOf } from "./results.ts";
import { measureStorms } from "./storm/measure.ts";
import { measureTokens } from "./tokens/measure.ts";

const connections = 50;

// Servers that were started end with us, also then.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

try {
  await run(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exit(2);
}

async function run(options: Options): Promise<void> {
  const machine = describeMachine();
  tell(`${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node.js ${machine.versions["node"]}`);
  tell("Nothing else should run on this machine meanwhile.");
  const takenAt = new Date().toISOString();
  const measure = options.short ? shortly(options) : thoroughly(options);
  const parts: Record<string, Part> = {};
  for (const name of options.parts) {
    const part = await measure[name]();
    parts[name] = part;
    process.stdout.write(`\n# ${name}\n\n${tablesOf(part, "##")}\n`);
  }
  const results: Results = { takenAt, short: options.short, machine, parts, ratios: ratiosOf(parts) };
  for (const path of writeResults(results, options)) tell(`Written: ${path}`);
}

type Measure = Record<PartName, () => Promise<Part>>;

function thoroughly({ short, rounds }: Options): Measure {
  const load = { seconds: 3, connections, warmUp: { least: 3, most: 10 } };
  return {
    tokens: () => measureTokens({ rounds, turnMs: 400, short }),
    curves: () => measureCurves({ turns: rounds, turnMs: 200, load: { ...load, seconds: 2 }, short }),
    http: () => measureHttp({ rounds, load, short }),
    // Two processes and a hashing thread on two cores: no two rounds are alike.
    storm: () => measureStorms({ rounds: Math.max(rounds, 3), turnMs: 4_000, warmUpMs: 12_000 }),
  };
}

/** For the order of things, not for the last digit. */
function shortly({ short }: Options): Measure {
  const load = { seconds: 1, connections, warmUp: { least: 3, most: 3 } };
  return {
    tokens: () => measureTokens({ rounds: 1, turnMs: 150, short }),
    curves: () => measureCurves({ turns: 1, turnMs: 100, load, short }),
    http: () => measureHttp({ rounds: 1, load, short }),
    storm: () => measureStorms({ rounds: 1, turnMs: 1_000, warmUpMs: 2_000 }),
  };
}
