// How much memory a remembered token takes: the heap before and after, in a process of its own.

import { askFreshProcess } from "../fresh-process.ts";
import { type Figure, median } from "../results.ts";

export async function measureHeap({ rounds, short }: { rounds: number; short: boolean }): Promise<Figure> {
  const seen: number[] = [];
  for (let round = 0; round < Math.min(rounds, 3); round += 1) {
    const bytes = await askFreshProcess({
      program: "tokens/heap-process.js",
      args: [short ? "2000" : "10000"],
      core: 0,
      nodeOptions: ["--expose-gc"],
    });
    seen.push(Number(bytes));
  }
  return {
    id: "bytes-per-token",
    title: "Memory of a remembered token (ES256, 576 characters)",
    value: median(seen),
    unit: "bytes",
    range: [Math.min(...seen), Math.max(...seen)],
  };
}
