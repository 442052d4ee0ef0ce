// What the load saw: how often each thing happened, and every answer that was wrong.

export const wrongAnswers = [
  "valid token refused",
  "ended token accepted after 1 s",
  "5xx on a verification",
  "verification cut off",
  "session lost",
  "write failed without cause",
] as const;

export type WrongAnswer = (typeof wrongAnswers)[number];

export interface Counts {
  count(what: string): void;
  wrong(what: WrongAnswer, details: unknown): void;
  /** How often each thing happened, by name. */
  seen(): ReadonlyMap<string, number>;
  /** The first of each kind, for whoever looks for the reason. */
  examples(): readonly { what: WrongAnswer; details: unknown }[];
}

const maxExamplesOfEach = 5;

export function createCounts(): Counts {
  const seen = new Map<string, number>(wrongAnswers.map((name) => [name, 0]));
  const examples: { what: WrongAnswer; details: unknown }[] = [];
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  return {
    count,
    wrong(what, details) {
      count(what);
      if (examples.filter((example) => example.what === what).length < maxExamplesOfEach)
        examples.push({ what, details });
    },
    seen: () => seen,
    examples: () => examples,
  };
}

/** As a table of two columns, what is wrong last. */
export function tableOf(counts: Counts): string {
  const isWrong = (name: string) => wrongAnswers.some((wrong) => wrong === name);
  const rows = [...counts.seen()].toSorted(([a], [b]) => Number(isWrong(a)) - Number(isWrong(b)));
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, number]) => `| ${name.padEnd(width)} | ${String(number).padStart(7)} |`).join("\n");
}
