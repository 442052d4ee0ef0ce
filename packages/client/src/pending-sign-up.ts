// Somebody came from a provider and has no account here yet: what is kept while they choose a name for one. It outlives a
// reload of the page, and neither a sign-in nor a sign-out of anybody.

import type { PendingSignUp } from "./auth-state.ts";
import type { ClientClock } from "./client-clock.ts";
import { type HandOvers, handOverGoodMs, type SignUpHandOver } from "./hand-over.ts";

export interface PendingSignUps {
  begin(handOver: SignUpHandOver): void;
  /** What goes with the name; null where nothing waits for one, or its time is over. */
  current(): SignUpHandOver | null;
  /** What a page may know of it. */
  shown(): PendingSignUp | null;
  forget(): void;
}

export interface PendingSignUpsOptions {
  handOvers: HandOvers;
  clock: ClientClock;
  /** Nobody has chosen a name in time. */
  onOver: () => void;
}

export function createPendingSignUps({ handOvers, clock, onOver }: PendingSignUpsOptions): PendingSignUps {
  let pending: SignUpHandOver | null = null;
  let cancelEnd: () => void = nothing;

  function forget(): void {
    pending = null;
    cancelEnd();
    // What the tab keeps may be another hand-over by now: it has set out for a provider again.
    if (handOvers.read()?.purpose === "sign-up") handOvers.remove();
  }

  return {
    forget,
    begin(handOver) {
      pending = handOver;
      try {
        handOvers.keep(handOver);
      } catch {
        // Then it lasts as long as this page.
      }
      cancelEnd();
      cancelEnd = clock.after(handOver.begunMs + handOverGoodMs - clock.dateMs(), () => {
        forget();
        onOver();
      });
    },
    current() {
      if (pending !== null && !handOvers.isGood(pending)) forget();
      return pending;
    },
    shown: () => (pending === null ? null : { provider: pending.provider, suggestion: pending.suggestion }),
  };
}

function nothing(): void {}
