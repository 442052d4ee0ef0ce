// Processor time of a process and of all that it has started, as Linux counts it: in hundredths of a second.

import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** NaN where there is no /proc. */
export function cpuSecondsOf(pid: number | undefined): number {
  const all = processes();
  if (all === undefined || pid === undefined) return Number.NaN;
  const family = new Set([pid]);
  // A child's number may be lower than its parent's: look until nobody new is found.
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const { child, parent } of all) if (family.has(parent)) family.add(child);
  }
  return all.reduce((sum, { child, ticks }) => sum + (family.has(child) ? ticks : 0), 0) / ticksPerSecond;
}

function processes(): { child: number; parent: number; ticks: number }[] | undefined {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => statOf(Number(name)));
  } catch {
    return undefined;
  }
}

/** @see proc_pid_stat(5): after the name, which may hold anything, come state, parent and, as 14th and 15th, the two times. */
function statOf(child: number): { child: number; parent: number; ticks: number }[] {
  try {
    const text = readFileSync(`/proc/${child}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return [{ child, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
  } catch {
    // It has ended meanwhile.
    return [];
  }
}
