// One turn of one variant: a fresh server, one good answer, a warm-up, the load, and the end.

import { canPin } from "../machine.ts";
import type { Sample } from "../rounds.ts";
import { type SteadyLimits, untilSteady } from "../steady.ts";
import { type PacedResult, runH2load } from "./h2load.ts";
import { type RunningServer, startServer } from "./running-server.ts";
import type { Variant } from "./variants.ts";
import { type Load, runWrk } from "./wrk.ts";

export interface LoadOptions {
  seconds: number;
  connections: number;
  /** In steps of a second. */
  warmUp: SteadyLimits;
}

const million = 1e6;

export function measureLoad(variant: Variant, options: LoadOptions): Promise<Sample> {
  const { seconds, connections, warmUp } = { ...options, ...variant.load };
  return withServer(variant, async ({ server, headers }) => {
    const load = { url: server.url + variant.path, headers, connections };
    await warm(load, warmUp);
    const before = server.cpuSeconds();
    const { perSecond, requests } = await runWrk({ ...load, seconds });
    const cpuMicros = ((server.cpuSeconds() - before) / requests) * million;
    const { calls = 1 } = variant;
    return {
      perSecond,
      also: {
        ...(canPin && cpuMicros > 0 ? { "processor µs per request": cpuMicros } : {}),
        ...(calls > 1 ? { "calls a second": perSecond * calls } : {}),
      },
    };
  });
}

export function measurePaced(
  variant: Variant,
  perSecond: number,
  { seconds, connections, warmUp }: LoadOptions,
): Promise<PacedResult> {
  return withServer(variant, async ({ server, headers }) => {
    const load = { url: server.url + variant.path, headers, connections };
    // A cold server would begin with a queue that it gets rid of only slowly.
    await warm(load, warmUp);
    return runH2load({ ...load, seconds, perSecond });
  });
}

export function warm(load: Omit<Load, "seconds">, limits: SteadyLimits): Promise<void> {
  return untilSteady(async () => (await runWrk({ ...load, seconds: 1 })).perSecond, limits);
}

export async function withServer<Result>(
  variant: Variant,
  use: (running: { server: RunningServer; headers: string[] }) => Promise<Result>,
): Promise<Result> {
  const server = await startServer(variant.server);
  try {
    const headers = (await variant.headers?.(server.url)) ?? [];
    await assertGood(variant, server, headers);
    return await use({ server, headers });
  } finally {
    await server.stop();
  }
}

async function assertGood({ path, expected }: Variant, server: RunningServer, headers: string[]): Promise<void> {
  const lines = headers.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const answer = await fetch(server.url + path, { headers: lines });
  const text = await answer.text();
  if (answer.status !== 200 || !text.includes(expected)) {
    throw new Error(`GET ${path} was answered with ${answer.status}: ${text.slice(0, 200)}`);
  }
}
