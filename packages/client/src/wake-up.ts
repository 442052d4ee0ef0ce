// Notices that the device has slept. On some systems the monotonic clock stands still meanwhile, so nothing that was
// planned has fired; then the date has run ahead of it. A date that somebody has set looks the same: what follows from
// a wake-up is therefore only that the server is asked.

import type { ClientClock } from "./client-clock.ts";

const lookEveryMs = 20_000;
/** Clocks are corrected by less than this all the time. */
const asleepMs = 15_000;

export interface WakeUpWatch {
  /** Whether the device seems to have slept since this was asked last. */
  look(): boolean;
  /** Looks by itself every while. @returns what stops it. */
  start(onWakeUp: () => void): () => void;
}

export function createWakeUpWatch(clock: ClientClock): WakeUpWatch {
  const gapMs = () => clock.dateMs() - clock.monotonicMs();
  let seenMs = gapMs();

  function look(): boolean {
    const aheadMs = gapMs() - seenMs;
    seenMs = gapMs();
    return aheadMs > asleepMs;
  }

  return {
    look,
    start(onWakeUp) {
      const again = () =>
        clock.after(lookEveryMs, () => {
          cancel = again();
          if (look()) onWakeUp();
        });
      look();
      let cancel = again();
      return () => cancel();
    },
  };
}
