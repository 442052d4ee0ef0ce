// Whole requests over HTTP: a server on one core, the load on another one, and every turn a fresh process.

import { availableParallelism } from "node:os";
import { tell } from "../progress.ts";
import { emptyPart, type LeftOut, type Part, type Series } from "../results.ts";
import { type Contender, takeTurns } from "../rounds.ts";
import { createIssuer, type Issuer } from "./credentials.ts";
import { type LoadOptions, measureLoad } from "./exchange.ts";
import { measureLatency } from "./latency.ts";
import {
  buildNextApp,
  findPython,
  missingForLatency,
  missingForLoad,
  startPostgres,
  warnWhenNotPinned,
} from "./requirements.ts";
import {
  bare,
  batchOf,
  batchVariants,
  databaseVariants,
  fastApiVariants,
  nextVariants,
  ownVariants,
  productVariants,
  type Variant,
} from "./variants.ts";
import { estimateWorkers } from "./workers.ts";

export interface HttpPace {
  rounds: number;
  load: LoadOptions;
  short: boolean;
}

export async function measureHttp(pace: HttpPace): Promise<Part> {
  const part = emptyPart();
  const missing = missingForLoad();
  if (missing !== undefined) {
    part.leftOut.push(missing);
    tell(`Left out: ${missing.what}. ${missing.why}`);
    return part;
  }
  part.leftOut.push(...warnWhenNotPinned());
  const issuer = await createIssuer();
  const peers = await findPeers(issuer, part.leftOut, pace.short);
  try {
    for (const { what, why } of part.leftOut) tell(`Left out: ${what}. ${why}`);
    const variants = [...ownVariants(issuer), ...productVariants(issuer), ...peers.variants];
    const calls = await compare(who, variants, pace);
    const batches = await compare(inBatches, batchVariants(issuer), pace);
    part.series.push(calls.series, batches.series);
    part.leftOut.push(...calls.leftOut, ...batches.leftOut);
    if (pace.short) return part;
    const noLatency = missingForLatency();
    if (noLatency === undefined) {
      const latency = await measureLatency(variants, calls.series, pace);
      part.figures.push(...latency.figures);
      part.leftOut.push(...latency.leftOut);
    } else {
      part.leftOut.push(noLatency);
      tell(`Left out: ${noLatency.what}. ${noLatency.why}`);
    }
    if (availableParallelism() > 1) part.figures.push(...(await estimateWorkers(issuer, pace)));
    return part;
  } finally {
    await peers.stop();
    issuer.remove();
  }
}

const who = {
  id: "http",
  title: "Who is calling? Over HTTP, one process on one core",
  note: "Requests a second at full load. Signet and jose verify ES256 where nothing else is said; every variant answers a short JSON.",
  unit: "requests",
  floor: bare,
};

const inBatches = {
  id: "batches",
  title: `A batch of ${batchOf} protected calls in one request`,
  note: "Requests a second; the bare server answers each request with one small JSON.",
  unit: "requests",
  floor: bare,
};

async function compare(
  series: Omit<Series, "rows">,
  variants: readonly Variant[],
  { rounds, load, short }: HttpPace,
): Promise<{ series: Series; leftOut: LeftOut[] }> {
  const chosen = variants.filter(({ onlyInFull = false }) => !short || !onlyInFull);
  const contenders = chosen.map((variant): Contender => {
    const { name, ours = false } = variant;
    return { name, ours, turn: () => measureLoad(variant, load) };
  });
  const { rows, leftOut } = await takeTurns(series.title, contenders, rounds);
  return { series: { ...series, rows }, leftOut };
}

const notInShort: LeftOut = {
  what: "Next.js, latency, workers, and several rows over HTTP",
  why: "A short run has no time for them.",
};

/** Those that need something besides npm packages. What is missing is added to `leftOut`. */
async function findPeers(
  issuer: Issuer,
  leftOut: LeftOut[],
  short: boolean,
): Promise<{ variants: Variant[]; stop(): Promise<void> }> {
  const variants: Variant[] = [];
  const next = short ? notInShort : await buildNextApp();
  if (next === undefined) variants.push(...nextVariants(issuer));
  else leftOut.push(next);
  const python = findPython();
  if (typeof python === "string") variants.push(...fastApiVariants(issuer, python));
  else leftOut.push(python);
  const postgres = await startPostgres();
  if ("why" in postgres) {
    leftOut.push(postgres);
    return { variants, stop: async () => undefined };
  }
  variants.push(...databaseVariants(postgres.connectionString));
  return { variants, stop: () => postgres.stop() };
}
