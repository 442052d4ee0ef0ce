// Whether two kinds of request take equally long, by the Mann–Whitney U test.

export interface Comparison {
  /** Milliseconds. */
  median: { one: number; other: number };
  /** How far the ranks are from what chance gives, in standard deviations. */
  z: number;
}

/** Sends so many of each, one after the other, in an order that chance decides for each pair. */
export async function compareTimes(
  count: number,
  one: (number: number) => Promise<Response>,
  other: (number: number) => Promise<Response>,
): Promise<Comparison> {
  const ones: number[] = [];
  const others: number[] = [];
  const warmUp = Math.ceil(count / 10);
  for (let number = -warmUp; number < count; number += 1) {
    const sendOne = async () => ones.push(await timeOf(() => one(Math.abs(number))));
    const sendOther = async () => others.push(await timeOf(() => other(Math.abs(number))));
    const order = Math.random() < 0.5 ? [sendOne, sendOther] : [sendOther, sendOne];
    for (const send of order) await send();
  }
  return compare(ones.slice(warmUp), others.slice(warmUp));
}

async function timeOf(send: () => Promise<Response>): Promise<number> {
  const start = performance.now();
  await (await send()).arrayBuffer();
  return performance.now() - start;
}

function compare(ones: readonly number[], others: readonly number[]): Comparison {
  const ranked = [...ones.map((time) => ({ time, isOne: true })), ...others.map((time) => ({ time, isOne: false }))]
    .toSorted((a, b) => a.time - b.time)
    .map(({ isOne }, index) => (isOne ? index + 1 : 0));
  const rankSum = ranked.reduce((sum, rank) => sum + rank, 0);
  const [n, m] = [ones.length, others.length];
  const u = rankSum - (n * (n + 1)) / 2;
  const z = (u - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12);
  return { median: { one: medianOf(ones), other: medianOf(others) }, z };
}

function medianOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}
