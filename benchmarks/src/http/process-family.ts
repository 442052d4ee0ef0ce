// A process and all that it has started, as Linux tells.

import { readdirSync, readFileSync } from "node:fs";

/** Processor time is counted in hundredths of a second. */
const ticksPerSecond = 100;

interface Process {
  pid: number;
  parent: number;
  ticks: number;
}

/** How much processor time they have used; NaN where there is no /proc. */
export function cpuSecondsOf(pid: number | undefined): number {
  const family = familyOf(pid);
  return family === undefined ? Number.NaN : family.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond;
}

/** Undefined where there is no /proc. */
export function familyOf(pid: number | undefined): Process[] | undefined {
  const all = processes();
  if (all === undefined || pid === undefined) return undefined;
  const family = new Set([pid]);
  // A child's number may be lower than its parent's: look until nobody new is found.
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const one of all) if (family.has(one.parent)) family.add(one.pid);
  }
  return all.filter((one) => family.has(one.pid));
}

function processes(): Process[] | undefined {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => processOf(Number(name)));
  } catch {
    return undefined;
  }
}

function processOf(pid: number): Process[] {
  try {
    const fields = fieldsOf(`/proc/${pid}/stat`);
    return [{ pid, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

/**
 * The threads of a process: their numbers, and how far each steps back for others.
 *
 * @throws where it has ended
 */
export function threadsOf(pid: number): { id: number; niceness: number }[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => ({
    id: Number(id),
    niceness: Number(fieldsOf(`/proc/${pid}/task/${id}/stat`)[16]),
  }));
}

/** @see proc_pid_stat(5): after the name, which may hold anything, comes the state, the third field. */
function fieldsOf(path: string): string[] {
  const text = readFileSync(path, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}
