// The server's time, learned from its answers and carried on by the monotonic clock. The local date plays no part while
// the server has been heard; it is a hint to be doubted where an answer's Date header cannot be read (other origins).

import type { ClientClock } from "./client-clock.ts";

/** When a token was issued and when it ends: NumericDate seconds. */
export interface TokenLife {
  issuedAt: number;
  expiresAt: number;
}

export interface ServerClock {
  /** The server said what time it is, just now. Milliseconds since the Unix epoch. */
  observe(serverMs: number): void;
  /** A token with these times seems good at this moment: where nothing better is known, that tells the time. */
  observeGood(token: TokenLife): void;
  /** How long a token with these times is still good, in milliseconds; at least 0. */
  timeLeftMs(token: TokenLife): number;
  /** How long ago such a token was issued, in milliseconds, if the server has been heard. */
  ageMs(token: TokenLife): number | undefined;
}

export function createServerClock(clock: ClientClock): ServerClock {
  let heard: { serverMs: number; monotonicMs: number } | undefined;

  const heardNowMs = () => (heard === undefined ? undefined : heard.serverMs + clock.monotonicMs() - heard.monotonicMs);

  function guessMs(token: TokenLife): number {
    const localMs = clock.dateMs();
    // Outside the token's life the local date is known to be wrong, as the server has just accepted the token.
    const plausible = localMs >= token.issuedAt * 1000 && localMs < token.expiresAt * 1000;
    return plausible ? localMs : token.issuedAt * 1000;
  }

  return {
    observe(serverMs) {
      if (Number.isFinite(serverMs)) heard = { serverMs, monotonicMs: clock.monotonicMs() };
    },
    observeGood(token) {
      heard ??= { serverMs: guessMs(token), monotonicMs: clock.monotonicMs() };
    },
    timeLeftMs: (token) => Math.max(0, token.expiresAt * 1000 - (heardNowMs() ?? guessMs(token))),
    ageMs(token) {
      const nowMs = heardNowMs();
      return nowMs === undefined ? undefined : nowMs - token.issuedAt * 1000;
    },
  };
}
