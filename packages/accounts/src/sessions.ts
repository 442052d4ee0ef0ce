// Sessions after the sign-in: refreshing them, ending them, listing them. What a refresh token does is decided by the session
// machine; here its decision is carried out against the store.

import { randomBytes } from "node:crypto";
import type { AccessTokenClaims } from "@signet/auth/claims";
import type { Clock } from "@signet/auth/clock";
import { AuthError } from "@signet/auth/errors";
import type { Budgets } from "./budgets.ts";
import { hashOf, type ParsedRefreshToken, parseRefreshToken, type RefreshTokens } from "./refresh-token.ts";
import { type RefreshEvent, type SessionState, step } from "./session-machine.ts";
import { type Client, type IssuedToken, randomId, type SessionLimits, type SessionStart } from "./session-start.ts";
import type { RefreshState, Session, SessionStore, StoredSession } from "./stores.ts";

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

  /** Those that have not ended, last used first. @throws AuthError `rate_limited` | `storage_unavailable` */
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

/** Each further round means that somebody else moved the session meanwhile: after two of them the outcome is clear. */
const maxRounds = 5;

export function createSessions(options: SessionsOptions): Sessions {
  const { store, refreshTokens, start, limits, clock, budgets, onEnded, onSignOut, onIncident } = options;

  async function refreshOnce(
    text: string,
    token: ParsedRefreshToken,
    client: Client,
    attemptHash: string | null,
  ): Promise<IssuedToken | undefined> {
    const askedAtMs = clock();
    const stored = await store.findSession(token.sessionId);
    if (stored === undefined || stored.refresh === null) {
      // The same work as for one that is there: how long it takes tells nobody which ids are.
      decide(text, token, decoy, decoy.refresh, attemptHash);
      throw refreshTokenInvalid();
    }
    const { refresh } = stored;
    const { decision, parts, successor, next } = decide(text, token, stored, refresh, attemptHash);

    switch (decision) {
      case "rotate": {
        await budgets.charge({ operation: "refresh", sessionId: stored.id });
        const { currentHash, secretId } = next;
        const moved = await store.rotateRefreshToken(stored.id, refresh, {
          currentHash,
          secretId,
          attemptHash,
          idleSeconds: limits.idleSeconds,
          address: client.address,
        });
        // Somebody was faster, or it has just ended: what that means shows when the row is read again.
        if (moved === undefined) return undefined;
        return answer(moved, successor, clock());
      }
      case "repeat": {
        await budgets.charge({ operation: "refresh", sessionId: stored.id });
        if (client.address !== stored.address) report("repeated_elsewhere", stored, client);
        const newest = refreshTokens.make({ ...parts, counter: refresh.counter }, refresh.secretId);
        // Counted from before the row was read: no token may outlive what is known of the session.
        return answer(stored, newest, askedAtMs);
      }
      case "wait":
        throw new AuthError("keys_unavailable", "Another server has just renewed this session. Try again shortly.", {
          retryAfterSeconds: 2,
        });
      case "theft":
        await ended(store.endSessions({ sessionId: stored.id }));
        report("reuse", stored, client);
        throw refreshTokenInvalid();
      case "end":
      case "refuse":
        throw refreshTokenInvalid();
    }
  }

  /** What the presented token would do to the session now. */
  function decide(
    text: string,
    token: ParsedRefreshToken,
    stored: StoredSession,
    refresh: RefreshState,
    attemptHash: string | null,
  ) {
    const parts = { sessionId: stored.id, userId: stored.user.id, salt: refresh.salt };
    const successor = refreshTokens.make({ ...parts, counter: refresh.counter + 1 });
    const event: RefreshEvent = {
      kind: "refresh",
      hash: hashOf(text),
      madeHere: refreshTokens.isMadeHere(token, parts),
      attemptHash,
      canRepeat: refreshTokens.holds(refresh.secretId),
      next: {
        currentHash: hashOf(successor),
        secretId: refreshTokens.secretId,
        idleMs: limits.idleSeconds * 1000,
      },
      now: stored.now.getTime(),
    };
    return { decision: step(stateOf(stored, refresh), event).decision, parts, successor, next: event.next };
  }

  function answer(stored: StoredSession, refreshToken: string, issuedAtMs: number): Promise<IssuedToken> {
    const now = stored.now.getTime();
    return start.answer({
      user: stored.user,
      session: stored,
      refreshToken,
      issuedAtMs,
      secondsLeft: {
        untilEnd: (stored.expiresAt.getTime() - now) / 1000,
        untilIdle: ((stored.refresh?.idleExpiresAt ?? stored.expiresAt).getTime() - now) / 1000,
      },
    });
  }

  async function ended(ending: Promise<number>): Promise<number> {
    const count = await ending;
    if (count > 0) onEnded();
    return count;
  }

  function report(kind: SessionIncident["kind"], { id, userId }: StoredSession, { address }: Client): void {
    onIncident({ kind, sessionId: id, userId, address });
  }

  return {
    async refresh(refreshToken, client, { sessionId, attempt } = {}) {
      const token = parseRefreshToken(refreshToken);
      if (token === undefined || (sessionId !== undefined && sessionId !== token.sessionId))
        throw refreshTokenInvalid();
      const attemptHash = attempt === undefined ? null : hashOf(attempt);
      for (let round = 0; round < maxRounds; round += 1) {
        const issued = await refreshOnce(refreshToken, token, client, attemptHash);
        if (issued !== undefined) return issued;
      }
      throw new AuthError("busy", "This session is being refreshed by many at once. Try again shortly.");
    },

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
      const token = parseRefreshToken(refreshToken);
      const stored = token && (await store.findSession(token.sessionId));
      if (token === undefined || !stored || stored.refresh === null) return undefined;
      const { decision } = decide(refreshToken, token, stored, stored.refresh, null);
      if (decision !== "rotate" && decision !== "repeat" && decision !== "wait") return undefined;
      const { id: sessionId, userId } = stored;
      return { userId, sessionId, expiresAt: Math.floor(endOf(stored) / 1000) };
    },

    end: (userId, sessionId) => ended(store.endSessions({ userId, sessionId })),
    endOthers: (userId, sessionId) => ended(store.endSessions({ userId, exceptSessionId: sessionId })),
    endAll: (userId) => ended(store.endSessions({ userId })),
    async list(userId) {
      await budgets.charge({ operation: "list_sessions", userId });
      return store.listSessions(userId);
    },

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

/** A session that no token is of. */
const decoy = createDecoy();

function createDecoy() {
  const now = new Date(0);
  const id = randomId();
  const user = { id: randomId(), username: "", scope: [], disabledAt: null };
  const refresh: RefreshState = {
    salt: new Uint8Array(randomBytes(16)),
    counter: 0,
    currentHash: "",
    previousHash: null,
    secretId: "",
    attemptHash: null,
    movedAt: now,
    idleExpiresAt: now,
  };
  const times = { createdAt: now, lastUsedAt: now, expiresAt: now, endedAt: null, now };
  return {
    id,
    userId: user.id,
    user,
    device: null,
    address: null,
    amr: "pwd",
    ...times,
    refresh,
  } satisfies StoredSession;
}

function stateOf(stored: StoredSession, refresh: RefreshState): SessionState {
  const { counter, currentHash, previousHash, attemptHash, secretId, movedAt, idleExpiresAt } = refresh;
  return {
    counter,
    currentHash,
    previousHash,
    attemptHash,
    secretId,
    movedAt: movedAt.getTime(),
    endedAt: stored.endedAt?.getTime() ?? null,
    expiresAt: stored.expiresAt.getTime(),
    idleExpiresAt: idleExpiresAt.getTime(),
    userDisabled: stored.user.disabledAt !== null,
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

function refreshTokenInvalid(): AuthError {
  return new AuthError("refresh_token_invalid", "This sign-in is over. Please sign in again.");
}
