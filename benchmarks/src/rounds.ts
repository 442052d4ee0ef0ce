// How everything here is measured: contenders take turns, round after round, so that what the machine does besides hits all of them
// alike; the median of the rounds counts.

/** One of several ways whose speed is compared, or whose speed alone is wanted. */
export interface Contender {
  name: string;
  /** One turn. @returns How much was done in a second. */
  turn(): Promise<number>;
}

export interface Result {
  name: string;
  /** The median of the rounds. */
  perSecond: number;
  /** The slowest and the fastest round. */
  range: [number, number];
}

export async function takeTurns(contenders: readonly Contender[], rounds: number): Promise<Result[]> {
  const seen = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { turn }] of contenders.entries()) seen[index]?.push(await turn());
  }
  return contenders.map(({ name }, index) => {
    const sorted = (seen[index] ?? []).toSorted((a, b) => a - b);
    return { name, perSecond: at(sorted, 0.5), range: [at(sorted, 0), at(sorted, 1)] };
  });
}

/**
 * A turn of doing one thing again and again.
 *
 * @param inFlight How many are under way at once.
 */
export function repeated(forMs: number, work: () => unknown, inFlight = 1): Contender["turn"] {
  return async () => {
    const startedAt = performance.now();
    let done = 0;
    const worker = async () => {
      while (performance.now() - startedAt < forMs) {
        await work();
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
    return (done / (performance.now() - startedAt)) * 1000;
  };
}

/** As `repeated`, for what takes so little that looking at the clock would be most of it. */
export function repeatedInSteps(forMs: number, step: number, work: () => unknown): Contender["turn"] {
  return async () => {
    const startedAt = performance.now();
    let done = 0;
    while (performance.now() - startedAt < forMs) {
      for (let index = 0; index < step; index += 1) await work();
      done += step;
    }
    return (done / (performance.now() - startedAt)) * 1000;
  };
}

/** @param results The first is what the others are compared with. */
export function printTable(title: string, results: readonly Result[]): void {
  const [first] = results;
  if (first === undefined) return;
  const lines = results.map(
    ({ name, perSecond, range: [least, most] }) =>
      `| ${name} | ${number(perSecond)} | ${number(least)} – ${number(most)} | ${number(1e6 / perSecond)} | ${(perSecond / first.perSecond).toFixed(3)} |`,
  );
  process.stdout.write(
    [
      `\n${title}\n`,
      "| | a second | slowest – fastest round | µs each | of the first |",
      "| --- | --- | --- | --- | --- |",
      ...lines,
      "",
    ].join("\n"),
  );
}

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.round((sorted.length - 1) * part)] ?? Number.NaN;
}

function number(value: number): string {
  return new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(value);
}
