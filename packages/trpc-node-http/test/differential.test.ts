// The same bytes to tRPC's own adapter and to ours: answers, callbacks and procedures must be the same.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectSame } from "./compare.ts";
import { type PairOptions, startPair } from "./pair.ts";
import { scenarios } from "./requests.ts";

type Setting = { title: string; runs: number; pair: PairOptions; basePath?: string; maxPadding?: number };

const settings: Setting[] = [
  { title: "defaults", runs: 2_000, pair: {} },
  { title: "a transformer", runs: 900, pair: { router: { transforms: true } } },
  { title: "an error formatter", runs: 900, pair: { router: { formatsErrors: true } } },
  { title: "both", runs: 400, pair: { router: { transforms: true, formatsErrors: true } } },
  {
    title: "a base path, bounded batches and bodies",
    runs: 900,
    basePath: "/trpc/",
    maxPadding: 70_000,
    pair: { handler: (given) => ({ ...given, basePath: "/trpc/", maxBatchSize: 3, maxBodySize: 600 }) },
  },
  { title: "method override", runs: 600, pair: { handler: (given) => ({ ...given, allowMethodOverride: true }) } },
  {
    title: "no batching",
    runs: 400,
    pair: { handler: (given) => ({ ...given, allowBatching: false, maxBodySize: 0 }) },
  },
  {
    title: "the older way to forbid batching, and no callbacks",
    runs: 300,
    pair: { handler: ({ router }) => ({ router, batching: { enabled: false }, maxBatchSize: 0 }) },
  },
  {
    title: "a middleware that reads, marks and refuses",
    runs: 500,
    pair: {
      handler: (given) => ({
        ...given,
        middleware(request, response, next) {
          response.setHeader("x-from-middleware", request.method ?? "none");
          if (request.headers["x-trpc-source"] !== undefined) return void next(new Error("middleware refuses"));
          if (request.method === "OPTIONS") return void response.writeHead(204).end();
          return void setImmediate(next);
        },
      }),
    },
  },
];

let compared = 0;
const statuses = new Map<number, number>();

describe("answers as tRPC's adapter does, with", () => {
  it.each(settings)("$title", { timeout: 60_000 }, async ({ runs, pair: options, basePath = "/", maxPadding }) => {
    await using pair = await startPair(options);
    const requests = scenarios({
      basePath,
      transforms: options.router?.transforms ?? false,
      ...(maxPadding !== undefined && { maxPadding }),
    });
    await fc.assert(
      fc.asyncProperty(requests, async (scenario) => {
        const { answers } = await expectSame(pair, scenario);
        compared += scenario.requests.length;
        for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }),
      { seed: 2_026, numRuns: runs, interruptAfterTimeLimit: 50_000, markInterruptAsFailure: true },
    );
  });

  it("has compared more than 5,000 requests", () => {
    const counts = [...statuses]
      .toSorted(([left], [right]) => left - right)
      .map(([status, count]) => `${status}: ${count}`);
    process.stdout.write(`compared ${compared} requests; answers by status: ${counts.join(", ")}\n`);
    expect(compared).toBeGreaterThan(5_000);
  });
});
