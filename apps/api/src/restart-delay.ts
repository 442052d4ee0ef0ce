// How long to wait before a worker that died is replaced: at once the first time, then longer and longer.

const firstDelayMs = 500;
const maxDelayMs = 30_000;

/** @param failures how many before it ended soon after their start, one after the other */
export function restartDelayMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(maxDelayMs, firstDelayMs * 2 ** (failures - 1));
}
