// Hashing on cores of its own, and all else on another: as it would be with more cores than hashing threads and one.

import { execFileSync } from "node:child_process";
import { availableParallelism, constants } from "node:os";
import { familyOf, threadsOf } from "../http/process-family.ts";
import { canPin } from "../machine.ts";

/** @returns false where threads cannot be told apart, or bound to cores */
export function separateHashing(serverPid: number | undefined): boolean {
  if (!canPin) return false;
  const last = availableParallelism() - 1;
  const threads = (familyOf(serverPid) ?? []).flatMap(({ pid }) => threadsOf(pid));
  if (!threads.some(isHashing)) return false;
  for (const thread of threads) {
    const cores = isHashing(thread) ? `0-${last - 1}` : String(last);
    execFileSync("taskset", ["-c", "-p", cores, String(thread.id)], { stdio: "ignore" });
  }
  return true;
}

/** The only threads that step back for everybody else. */
function isHashing({ niceness }: { niceness: number }): boolean {
  return niceness === constants.priority.PRIORITY_LOW;
}
