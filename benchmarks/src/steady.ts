// A fair beginning. Code is compiled while it runs, and the more of it there is, the longer that takes: a tRPC server is more than twice
// as fast in its fifth second as in its first. Whoever is measured earlier looks slower than it is, the slow ones most of all.

export interface SteadyLimits {
  /** Steps that are taken in any case. */
  least: number;
  /** Then it counts as steady, whatever it does. */
  most: number;
}

/** So much faster than all steps before it, and a step says that the end is not reached. */
const faster = 1.05;
const stepsWithoutGain = 2;

/** Takes steps until they stop becoming faster. @param step Gives how much was done in a second. */
export async function untilSteady(step: () => Promise<number>, { least, most }: SteadyLimits): Promise<void> {
  let best = 0;
  let withoutGain = 0;
  for (let taken = 0; taken < most; taken += 1) {
    if (taken >= least && withoutGain >= stepsWithoutGain) return;
    const perSecond = await step();
    withoutGain = perSecond > best * faster ? 0 : withoutGain + 1;
    best = Math.max(best, perSecond);
  }
}
