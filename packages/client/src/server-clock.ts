// The server's time, learned from its answers and carried on by the monotonic clock. The local date plays no part while
// the server has been heard; it is a hint to be doubted where an answer's Date header cannot be read (other origins).

import type { ClientClock } from "./client-clock.ts";

export interface ServerClock {
  /** The server said what time it is, just now. Milliseconds since the Unix epoch. */
  observe(serverMs: number): void;
  /** How long a token with these times (NumericDate seconds) is still good, in milliseconds; at least 0. */
  timeLeftMs(token: { issuedAt: number; expiresAt: number }): number;
}

export function createServerClock(clock: ClientClock): ServerClock {
  let heard: { serverMs: number; monotonicMs: number } | undefined;

  function nowMs(token: { issuedAt: number; expiresAt: number }): number {
    if (heard !== undefined) return heard.serverMs + clock.monotonicMs() - heard.monotonicMs;
    const localMs = clock.dateMs();
    // Outside the token's life the local date is known to be wrong, as the server has just accepted the token.
    const plausible = localMs >= token.issuedAt * 1000 && localMs < token.expiresAt * 1000;
    return plausible ? localMs : token.issuedAt * 1000;
  }

  return {
    observe(serverMs) {
      if (Number.isFinite(serverMs)) heard = { serverMs, monotonicMs: clock.monotonicMs() };
    },
    timeLeftMs: (token) => Math.max(0, token.expiresAt * 1000 - nowMs(token)),
  };
}
