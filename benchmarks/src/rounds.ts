// How everything here is measured: contenders take turns, round after round, in an order that is reversed each time, so that what the
// machine does besides hits all of them alike; the median of the rounds counts.

import { showProgress } from "./progress.ts";
import { type LeftOut, median, type Row } from "./results.ts";

export interface Sample {
  perSecond: number;
  /** What else was seen, by its name with its unit. */
  also?: Record<string, number>;
}

/** One of several ways whose speed is compared. */
export interface Contender {
  name: string;
  ours?: boolean;
  turn(): Promise<Sample>;
}

/** One that fails is left out, aloud, and the others go on: half an hour is not lost for one of them. */
export async function takeTurns(
  what: string,
  contenders: readonly Contender[],
  rounds: number,
): Promise<{ rows: Row[]; leftOut: LeftOut[] }> {
  const seen = new Map<Contender, Sample[]>(contenders.map((contender) => [contender, []]));
  const leftOut: LeftOut[] = [];
  const progress = showProgress(what, contenders.length * rounds);
  for (let round = 1; round <= rounds; round += 1) {
    for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
      progress.next(`round ${round} of ${rounds}: ${contender.name}`);
      const samples = seen.get(contender);
      if (samples === undefined) continue;
      try {
        samples.push(await contender.turn());
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        progress.say(`${contender.name} failed and is left out: ${why}`);
        leftOut.push({ what: contender.name, why });
        seen.delete(contender);
        if (contender.ours === true) process.exitCode = 1;
      }
    }
  }
  progress.end();
  return { rows: [...seen].map(([contender, samples]) => toRow(contender, samples)), leftOut };
}

function toRow({ name, ours = false }: Contender, samples: readonly Sample[]): Row {
  const rounds = samples.map(({ perSecond }) => perSecond);
  const others = Object.keys(samples[0]?.also ?? {});
  return {
    name,
    ours,
    perSecond: median(rounds),
    range: [Math.min(...rounds), Math.max(...rounds)],
    rounds,
    also: Object.fromEntries(others.map((key) => [key, median(samples.map(({ also }) => also?.[key] ?? Number.NaN))])),
  };
}
