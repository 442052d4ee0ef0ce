// Requests that wait for the end of a session: they rest here until the list of revocations brings it, or their time is up.

import type { AccessTokenClaims } from "@signet/auth/claims";
import { createWaitingRoom } from "./waiting-room.ts";

export interface SessionWatch {
  /**
   * Ends when the session or token of these claims was revoked, after so many milliseconds, or when the caller has gone.
   *
   * @throws AuthError `busy` when too many are waiting already
   */
  untilEnded(claims: Pick<AccessTokenClaims, "sid" | "jti">, forMs: number, signal: AbortSignal): Promise<void>;
  /** Sends everybody home, now and from now on: the server stops. */
  release(): void;
}

/** Where revocations are heard of, and what is known of how well. */
export interface RevocationNews {
  /** Calls back with the ids of what was newly revoked. @returns what ends it */
  subscribe(listener: (ids: readonly string[]) => void): () => void;
  /** How old the knowledge is, in milliseconds. */
  ageMs?(): number;
  /** How many revocations are known. */
  readonly size?: number;
}

const maxWaiting = 10_000;
/** All tabs of a browser share one. */
const maxOfSession = 20;

export function createSessionWatch(news: RevocationNews): SessionWatch {
  const room = createWaitingRoom(maxWaiting, maxOfSession);
  news.subscribe((ids) => room.call(ids));
  return {
    untilEnded: ({ sid, jti }, forMs, signal) => room.until([sid, jti], forMs, signal),
    release: () => room.release(),
  };
}
