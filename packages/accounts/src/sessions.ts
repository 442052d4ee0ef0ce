// Sessions after the sign-in: refreshing them (see session-refresh.ts), ending them, listing them.

import type { AccessTokenClaims } from "@signet/auth/claims";
import type { Clock } from "@signet/auth/clock";
import { AuthError } from "@signet/auth/errors";
import type { Budgets } from "./budgets.ts";
import { hashOf, parseRefreshToken, type RefreshTokens } from "./refresh-token.ts";
import { createSessionRefresh } from "./session-refresh.ts";
import type { Client, IssuedToken, SessionLimits, SessionStart } from "./session-start.ts";
import type { Session, SessionStore, StoredSession } from "./stores.ts";

/** Something that an operator should know of. */
export type SessionIncident =
  /** A replaced refresh token was used again: the session has ended. */
  | { kind: "reuse"; sessionId: string; userId: string; address: string | null }
  /** A refresh was repeated from another address than it was first made from: a moved laptop, or a thief in lockstep. */
  | { kind: "repeated_elsewhere"; sessionId: string; userId: string; address: string | null };

export interface Sessions {
  /**
   * Trades a refresh token for an access token and the next refresh token. Repeating it is safe: whoever lost the answer, or
   * came second, gets the same tokens' worth again, within 30 s or, with the same `attempt`, at any time.
   *
   * @param refreshToken As it was presented; whatever it is.
   * @param options.sessionId The session that the caller believes it to be of. Another one is refused.
   * @param options.attempt A random text of the caller's, the same for each repetition of one refresh.
   * @throws AuthError `refresh_token_invalid` (unknown, ended, malformed, used: one answer for all) | `rate_limited` |
   *   `keys_unavailable` | `storage_unavailable` | `busy`
   */
  refresh(
    refreshToken: string,
    client: Client,
    options?: { sessionId?: string | undefined; attempt?: string | undefined },
  ): Promise<IssuedToken>;

  /**
   * Ends the session of a genuine refresh token, also of one that was replaced long ago.
   *
   * @returns 1 when it ended now, 0 when there was nothing to end
   * @throws AuthError `storage_unavailable`
   */
  endByRefreshToken(refreshToken: string): Promise<number>;

  /**
   * Ends one access token and nothing else: its session goes on, and refreshes to another.
   *
   * Does not check: the token, which was verified before.
   *
   * @returns 1 when it ended now, 0 when it had ended or nobody could take it any more
   * @throws AuthError `storage_unavailable`
   */
  revokeToken(claims: Pick<AccessTokenClaims, "jti" | "exp">): Promise<number>;

  /**
   * Says what a refresh token is good for at this moment, and changes nothing by it.
   *
   * @returns `undefined` when a refresh with it would be refused, whatever the reason
   * @throws AuthError `storage_unavailable`
   */
  inspectRefreshToken(refreshToken: string): Promise<LiveRefreshToken | undefined>;

  /** Ends one session of this user. @returns 1 or 0. @throws AuthError `storage_unavailable` */
  end(userId: string, sessionId: string): Promise<number>;
  /** Ends all sessions of this user but one. @returns how many. @throws AuthError `storage_unavailable` */
  endOthers(userId: string, sessionId: string): Promise<number>;
  /** Ends all sessions of this user. @returns how many. @throws AuthError `storage_unavailable` */
  endAll(userId: string): Promise<number>;

  /** Those that have not ended, last used first. @throws AuthError `storage_unavailable` */
  list(userId: string): Promise<Session[]>;

  /** Which of these sessions are over or were never there. @throws AuthError `storage_unavailable` */
  findEnded(sessionIds: readonly string[]): Promise<string[]>;

  /**
   * Asks the store whether session and token still stand: for what must be certain now, not within a second.
   *
   * @throws AuthError `token_revoked` | `storage_unavailable`
   */
  requireLive(claims: Pick<AccessTokenClaims, "sid" | "sub" | "jti">): Promise<void>;
}

export interface LiveRefreshToken {
  userId: string;
  sessionId: string;
  /** NumericDate seconds: the session is over then, if it is not refreshed before. */
  expiresAt: number;
}

export interface SessionsOptions {
  store: SessionStore;
  refreshTokens: RefreshTokens;
  start: SessionStart;
  limits: SessionLimits;
  clock: Clock;
  /** Charged for each use of a genuine token. */
  budgets: Budgets;
  /** Called after a session of this process' making has ended, so that it need not wait for the next poll. */
  onEnded(): void;
  /** Called when a refresh token has ended its session by the wish of whoever holds it. */
  onSignOut(session: Pick<Session, "id" | "userId">): void;
  onIncident(incident: SessionIncident): void;
}

export function createSessions(options: SessionsOptions): Sessions {
  const { store, refreshTokens, start, limits, clock, budgets, onEnded, onSignOut, onIncident } = options;
  const refreshing = createSessionRefresh({
    store,
    refreshTokens,
    start,
    limits,
    clock,
    budgets,
    async endStolen(session, client) {
      await ended(store.endSessions({ sessionId: session.id }));
      report("reuse", session, client);
    },
    onRepeatedElsewhere: (session, client) => report("repeated_elsewhere", session, client),
  });

  async function ended(ending: Promise<number>): Promise<number> {
    const count = await ending;
    if (count > 0) onEnded();
    return count;
  }

  function report(kind: SessionIncident["kind"], { id, userId }: StoredSession, { address }: Client): void {
    onIncident({ kind, sessionId: id, userId, address });
  }

  return {
    refresh: refreshing.refresh,

    async endByRefreshToken(refreshToken) {
      const token = parseRefreshToken(refreshToken);
      const stored = token && (await store.findSession(token.sessionId));
      if (token === undefined || !stored || stored.refresh === null) return 0;
      const { salt, currentHash, previousHash } = stored.refresh;
      const hash = hashOf(refreshToken);
      const genuine =
        hash === currentHash ||
        hash === previousHash ||
        refreshTokens.isMadeHere(token, { userId: stored.userId, salt });
      const count = genuine ? await ended(store.endSessions({ sessionId: stored.id })) : 0;
      if (count > 0) onSignOut(stored);
      return count;
    },

    async revokeToken({ jti, exp }) {
      return ended(store.revokeToken({ id: jti, expiresAt: exp }).then(Number));
    },

    async inspectRefreshToken(refreshToken) {
      const stored = await refreshing.findRefreshable(refreshToken);
      return stored && { userId: stored.userId, sessionId: stored.id, expiresAt: Math.floor(endOf(stored) / 1000) };
    },

    end: (userId, sessionId) => ended(store.endSessions({ userId, sessionId })),
    endOthers: (userId, sessionId) => ended(store.endSessions({ userId, exceptSessionId: sessionId })),
    endAll: (userId) => ended(store.endSessions({ userId })),
    list: (userId) => store.listSessions(userId),

    async findEnded(sessionIds) {
      const found = await Promise.all(sessionIds.map((id) => store.findSession(id)));
      return sessionIds.filter((_id, index) => !isLive(found[index]));
    },

    async requireLive({ sid, sub, jti }) {
      const [stored, revoked] = await Promise.all([store.findSession(sid), store.isTokenRevoked(jti)]);
      if (isLive(stored) && stored?.userId === sub && !revoked) return;
      throw new AuthError("token_revoked", "The session has ended.");
    },
  };
}

function isLive(stored: StoredSession | undefined): boolean {
  if (stored === undefined || stored.endedAt !== null || stored.user.disabledAt !== null) return false;
  return stored.now.getTime() < endOf(stored);
}

/** When the session is over unless it is refreshed before, in milliseconds. */
function endOf({ expiresAt, refresh }: StoredSession): number {
  return Math.min(expiresAt.getTime(), (refresh?.idleExpiresAt ?? expiresAt).getTime());
}
