// Two workers on two cores, with the load on the same two cores: what they answer in a second says nothing then, but what each answer
// costs in processor time does. It tells how much they stand in each other's way.

import { showProgress } from "../progress.ts";
import { type Figure, median } from "../results.ts";
import type { Issuer } from "./credentials.ts";
import { warm, withServer } from "./exchange.ts";
import type { HttpPace } from "./measure.ts";
import { productVariant } from "./variants.ts";
import { runWrk } from "./wrk.ts";

const path = "/api/trpc/auth.whoami";
const million = 1e6;

export async function estimateWorkers(issuer: Issuer, { rounds, load }: HttpPace): Promise<Figure[]> {
  const seen = new Map<number, number[]>([
    [1, []],
    [2, []],
  ]);
  const progress = showProgress("Workers", rounds * seen.size);
  for (let round = 1; round <= rounds; round += 1) {
    for (const workers of round % 2 === 1 ? [1, 2] : [2, 1]) {
      progress.next(`round ${round} of ${rounds}: ${workers}`);
      seen.get(workers)?.push(await cpuMicrosPerRequest(issuer, workers, load));
    }
  }
  progress.end();
  const [one = [], two = []] = seen.values();
  const ratios = one.map((micros, index) => (2 * micros) / (two[index] ?? Number.NaN));
  return [
    figure("cpu-1-worker", "processor time of a whoami, WORKERS=1, both cores shared with the load", "µs", one),
    figure("cpu-2-workers", "processor time of a whoami, WORKERS=2, both cores shared with the load", "µs", two),
    figure("workers", "estimate: two workers on two cores of their own, of one worker", "×", ratios),
  ];
}

function cpuMicrosPerRequest(issuer: Issuer, workers: number, load: HttpPace["load"]): Promise<number> {
  const variant = productVariant(issuer, `apps/api, WORKERS=${workers}`, path);
  const env = { ...variant.server.env, WORKERS: String(workers) };
  return withServer({ ...variant, server: { ...variant.server, env, allCores: true } }, async ({ server, headers }) => {
    const wrk = { url: server.url + path, headers, connections: load.connections };
    await warm(wrk, load.warmUp);
    const before = server.cpuSeconds();
    const { requests } = await runWrk({ ...wrk, seconds: load.seconds });
    return ((server.cpuSeconds() - before) / requests) * million;
  });
}

function figure(id: string, title: string, unit: string, values: readonly number[]): Figure {
  return { id, title, value: median(values), unit, range: [Math.min(...values), Math.max(...values)] };
}
