// Runs steps one after the other and says of each what it guarantees and how long it took. The first failure ends it.

import { say } from "./prepare.mjs";
import { stop } from "./run.mjs";

/** @param {import("./steps.mjs").Step[]} steps */
export async function runSteps(steps) {
  const startedAt = performance.now();
  for (const { guarantee, command } of steps) {
    const stepStartedAt = performance.now();
    const { code, output } = await command();
    if (code !== 0) stop(`✗ ${guarantee}: it does not hold (see above).`, output);
    say(`✓ ${guarantee} (${seconds(stepStartedAt)} s)`);
  }
  say(`\nAll ${steps.length} guarantees hold (${seconds(startedAt)} s).`);
}

/** @param {number} since */
function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(1);
}
