// How long a caller waits at four fifths of what a server can do.

import { showProgress } from "../progress.ts";
import { type Figure, type LeftOut, median, type Series } from "../results.ts";
import { measurePaced } from "./exchange.ts";
import type { PacedResult } from "./h2load.ts";
import type { HttpPace } from "./measure.ts";
import { bare, type Variant } from "./variants.ts";

const share = 0.8;
const measured = new Set([bare, "tRPC, Signet's adapter, protected", "apps/api, GET /api/trpc/auth.whoami"]);
/** Below that the load itself did not keep its pace, or the server had fallen behind: then there is no figure at this rate. */
const enough = 0.98;
const retries = 2;
const lessEachTime = 0.9;

export async function measureLatency(
  variants: readonly Variant[],
  { rows }: Series,
  { rounds, load }: HttpPace,
): Promise<{ figures: Figure[]; leftOut: LeftOut[] }> {
  const chosen = variants.filter(({ name }) => measured.has(name));
  const progress = showProgress("Latency at four fifths of the load", chosen.length * rounds);
  const figures: Figure[] = [];
  const leftOut: LeftOut[] = [];
  for (const variant of chosen) {
    const most = rows.find(({ name }) => name === variant.name)?.perSecond ?? Number.NaN;
    if (!(most > 0)) continue;
    const seen: Paced[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      progress.next(`round ${round} of ${rounds}: ${variant.name}`);
      const result = await paced(variant, most * share, load);
      if (result !== undefined) seen.push(result);
    }
    if (seen.length < rounds) {
      const why = `In ${rounds - seen.length} of ${rounds} rounds not even a lower rate could be kept.`;
      leftOut.push({ what: `latency: ${variant.name}`, why });
      progress.say(`${variant.name} is left out. ${why}`);
      continue;
    }
    const p50s = seen.map(({ p50Ms }) => p50Ms);
    const p99s = seen.map(({ p99Ms }) => p99Ms);
    const rate = Math.round((median(seen.map(({ perSecond }) => perSecond)) / most) * 100);
    figures.push(
      figure(`p50/${variant.name}`, `p50 at ${rate} % of its own maximum: ${variant.name}`, p50s),
      figure(`p99/${variant.name}`, `p99 at ${rate} % of its own maximum: ${variant.name}`, p99s),
    );
  }
  progress.end();
  return { figures, leftOut };
}

type Paced = PacedResult & { perSecond: number };

/** Where the pace cannot be kept, a lower one is tried, and named. */
async function paced(variant: Variant, wanted: number, load: HttpPace["load"]): Promise<Paced | undefined> {
  for (let attempt = 0; attempt <= retries; attempt += 1) {
    const perSecond = wanted * lessEachTime ** attempt;
    const result = await measurePaced(variant, perSecond, load);
    if (result.answeredPart >= enough) return { ...result, perSecond };
  }
  return undefined;
}

function figure(id: string, title: string, values: readonly number[]): Figure {
  return { id, title, value: median(values), unit: "ms", range: [Math.min(...values), Math.max(...values)] };
}
