// One refresh: whose turn it is, whether it is still needed, what is sent, and where the answer goes. What an answer means
// for the state is the keeper's business.

import type { RefreshAttempts } from "./refresh-attempt.ts";
import type { RefreshLock } from "./refresh-lock.ts";
import type { RefreshAnswer, SessionApi } from "./session-api.ts";
import type { HeldToken } from "./stored-token.ts";

/** `overtaken`: another tab was quicker, or somebody signed out; nothing was stored, and nothing has to be believed. */
export type RefreshOutcome = RefreshAnswer | { kind: "overtaken" };

export interface RefresherOptions {
  lock: RefreshLock;
  attempts: RefreshAttempts;
  api: SessionApi;
  /** Whether this is still the token of this page and of the storage that all tabs share. */
  isCurrent: (asked: HeldToken) => boolean;
  /** Only for clients without cookies. */
  refreshToken: () => string | undefined;
  /** Stores the answer and tells the other tabs. */
  keep: (answer: RefreshAnswer & { kind: "renewed" }) => void;
}

export type Refresher = (asked: HeldToken, signal: AbortSignal) => Promise<RefreshOutcome>;

export function createRefresher(options: RefresherOptions): Refresher {
  const { lock, attempts, api, isCurrent, refreshToken, keep } = options;

  return (asked, signal) =>
    // The answer is stored before the lock is given back: whoever gets it next looks there first.
    lock.run(async () => {
      const session = asked.claims.sessionId;
      if (signal.aborted || !isCurrent(asked)) return { kind: "overtaken" };
      const attempt = attempts.of(session);
      const answer = await api.refresh({ session, attempt, refreshToken: refreshToken() }, signal);
      if (signal.aborted || !isCurrent(asked)) return { kind: "overtaken" };
      if (answer.kind === "renewed") keep(answer);
      // Without an answer the attempt stays: the server may have moved on, and gives the same answer again to this name.
      if (answer.kind !== "unreachable") attempts.finish(session);
      return answer;
    });
}
