// How cost grows: with tokens, revocations, claims, calls in a batch, connections. One small series each.

import { askFreshProcess } from "../fresh-process.ts";
import { createIssuer, type Issuer } from "../http/credentials.ts";
import { type LoadOptions, measureLoad } from "../http/exchange.ts";
import { missingForLoad } from "../http/requirements.ts";
import { bareVariant, batchPath, own, productVariant, type Variant } from "../http/variants.ts";
import { type Progress, showProgress, tell } from "../progress.ts";
import { type Curve, emptyPart, median, type Part } from "../results.ts";
import type { MemoryOrder } from "./memory-process.ts";

export interface CurvePace {
  turns: number;
  turnMs: number;
  load: LoadOptions;
  short: boolean;
}

interface Line {
  name: string;
  ours: boolean;
  sizes: readonly number[];
  measure(size: number): Promise<number[]>;
}

type Plan = Omit<Curve, "lines"> & { lines: Line[] };

export async function measureCurves(pace: CurvePace): Promise<Part> {
  const part = emptyPart();
  const issuer = await createIssuer();
  try {
    const why = pace.short ? "A short run has no time for them." : missingForLoad()?.why;
    if (why !== undefined) {
      part.leftOut.push({ what: "curves over HTTP", why });
      tell(`Left out: curves over HTTP. ${why}`);
    }
    const plans = [...lookUps(pace), ...(why === undefined ? overHttp(issuer, pace) : [])];
    const points = plans.flatMap(({ lines }) => lines.flatMap(({ sizes }) => sizes)).length;
    const progress = showProgress("Curves", points);
    for (const plan of plans) part.curves.push(await draw(plan, progress, part.leftOut));
    progress.end();
    return part;
  } finally {
    issuer.remove();
  }
}

/** A point that fails is left out, aloud, and the others go on. */
async function draw(plan: Plan, progress: Progress, leftOut: Part["leftOut"]): Promise<Curve> {
  const lines: Curve["lines"] = [];
  for (const { name, ours, sizes, measure } of plan.lines) {
    const points = [];
    for (const x of sizes) {
      progress.next(`${plan.title}, ${x.toLocaleString("en")}: ${name}`);
      try {
        const seen = await measure(x);
        points.push({ x, y: median(seen), range: [Math.min(...seen), Math.max(...seen)] as [number, number] });
      } catch (error) {
        const what = `${plan.title}, ${x.toLocaleString("en")}: ${name}`;
        const why = error instanceof Error ? error.message : String(error);
        progress.say(`${what} failed and is left out: ${why}`);
        leftOut.push({ what, why });
        if (ours) process.exitCode = 1;
      }
    }
    lines.push({ name, ours, points });
  }
  return { ...plan, lines };
}

function lookUps({ turns, turnMs, short }: CurvePace): Plan[] {
  const line = (name: string, kind: MemoryOrder["kind"], sizes: readonly number[], ours = true): Line => ({
    name,
    ours,
    sizes,
    measure: (size) => askMemory({ kind, size, turns, forMs: turnMs }),
  });
  const tokens = short ? [100, 10_000] : [100, 1_000, 10_000, 100_000, 1_000_000];
  const entries = short ? [0, 100_000] : [0, 100, 1_000, 10_000, 100_000];
  const scopes = short ? [0, 1_000] : [0, 500, 1_000, 2_000, 4_000];
  return [
    {
      id: "tokens",
      title: "A token seen before",
      x: "tokens in the cache",
      y: "µs",
      lines: [line("Signet", "remembered", tokens), line("Map.get of the whole token", "map", tokens, false)],
    },
    {
      id: "revocations",
      title: "Is it revoked?",
      x: "revocations",
      y: "µs",
      lines: [line("Signet", "revocations", entries)],
    },
    {
      id: "claims-hit",
      title: "A token seen before, by its size",
      x: "characters of scope",
      y: "µs",
      lines: [line("Signet", "claims-hit", scopes)],
    },
    {
      id: "claims-first",
      title: "A token at first sight, by its size",
      x: "characters of scope",
      y: "µs",
      lines: [line("Signet", "claims-first", scopes)],
    },
  ];
}

function overHttp(issuer: Issuer, pace: CurvePace): Plan[] {
  const { load } = pace;
  const env = issuer.keyEnv("ES256");
  const headers = async () => [await issuer.bearer()];
  const trpc = (name: string, program: string, ours: boolean, path: string): Variant => {
    return { name, ours, server: own(program, env, "/hello"), path, headers, expected: '"subject"' };
  };
  const batches = (name: string, program: string, ours: boolean): Line => ({
    name,
    ours,
    sizes: [1, 2, 5, 10, 20, 30],
    measure: async (size) => {
      const variant = trpc(name, program, ours, batchPath("whoami", "whoami", size));
      return (await loads(variant, load, pace)).map((perSecond) => perSecond * size);
    },
  });
  const connections = (variant: Variant): Line => ({
    name: variant.name,
    ours: variant.ours === true,
    // The product takes a thousand of one address, and whoever looks whether it is there has one of them.
    sizes: [1, 10, 50, 200, 900],
    measure: (size) => loads(variant, { ...load, connections: size }, pace),
  });
  return [
    {
      id: "batch",
      title: "Calls, by the size of a batch",
      x: "calls in a batch",
      y: "calls a second",
      lines: [
        batches("tRPC, Signet's adapter", "trpc-signet", true),
        batches("tRPC, standalone adapter", "trpc-standalone", false),
      ],
    },
    {
      id: "connections",
      title: "Requests, by open connections",
      x: "connections",
      y: "requests a second",
      lines: [
        connections(trpc("tRPC, Signet's adapter, protected", "trpc-signet", true, "/whoami")),
        connections(productVariant(issuer, "apps/api, auth.whoami", "/api/trpc/auth.whoami")),
        connections({ ...bareVariant(), name: "bare node:http" }),
      ],
    },
  ];
}

async function loads(variant: Variant, load: LoadOptions, { turns }: CurvePace): Promise<number[]> {
  const seen: number[] = [];
  for (let turn = 0; turn < Math.min(turns, 3); turn += 1) seen.push((await measureLoad(variant, load)).perSecond);
  return seen;
}

async function askMemory(order: MemoryOrder): Promise<number[]> {
  return (await askFreshProcess({
    program: "curves/memory-process.js",
    args: [JSON.stringify(order)],
    core: 0,
    nodeOptions: ["--max-old-space-size=6144"],
  })) as number[];
}
