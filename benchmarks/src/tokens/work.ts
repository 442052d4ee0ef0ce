// One thing done again and again. What it is done to is made outside of the time that counts.

import type { Sample } from "../rounds.ts";
import { untilSteady } from "../steady.ts";

export interface Work<Input> {
  /** Makes the inputs of the next step. Not timed. */
  inputs(count: number): Input[];
  /** How often it is done at least before it counts, where that has to do with what there is to remember. */
  before?: number;
  run: { sync(input: Input): unknown } | { async(input: Input): Promise<unknown> };
}

/** So many are done between two looks at the clock. */
const step = 500;
const warmUp = { stepMs: 150, least: 2, most: 8 };
/** Inputs may take longer to make than to use. After so many times what was asked for, what was seen is enough. */
const patience = 4;

export async function measureWork<Input>(work: Work<Input>, forMs: number): Promise<Sample> {
  await runFor(work, { ms: 0, count: work.before ?? 0 });
  await untilSteady(() => speedOver(work, warmUp.stepMs), warmUp);
  return { perSecond: await speedOver(work, forMs) };
}

async function speedOver<Input>(work: Work<Input>, forMs: number): Promise<number> {
  const { done, tookMs } = await runFor(work, { ms: forMs, count: 0 });
  return (done / tookMs) * 1000;
}

/** So long, and so often, at least. */
async function runFor<Input>(
  { inputs, run }: Work<Input>,
  least: { ms: number; count: number },
): Promise<{ done: number; tookMs: number }> {
  let done = 0;
  let tookMs = 0;
  // What comes out is looked at, so that no compiler finds it needless.
  let defined = 0;
  const giveUpAt = performance.now() + least.ms * patience;
  while (done < least.count || (tookMs < least.ms && performance.now() < giveUpAt)) {
    const made = inputs(step);
    const startedAt = performance.now();
    // Two loops: what does not wait for anything is not made to.
    if ("sync" in run) for (const input of made) defined += run.sync(input) === undefined ? 0 : 1;
    else for (const input of made) defined += (await run.async(input)) === undefined ? 0 : 1;
    tookMs += performance.now() - startedAt;
    done += made.length;
  }
  if (defined !== done) throw new Error("Something came to nothing.");
  return { done, tookMs };
}
