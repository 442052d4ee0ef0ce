// Refreshing a session: what a refresh token does is decided by the session machine, and carried out here against the store.

import { randomBytes } from "node:crypto";
import type { Clock } from "@signet/auth/clock";
import { AuthError } from "@signet/auth/errors";
import type { Budgets } from "./budgets.ts";
import { createKnownSessions, type KnownSession } from "./known-sessions.ts";
import { hashOf, type ParsedRefreshToken, parseRefreshToken, type RefreshTokens } from "./refresh-token.ts";
import { type RefreshEvent, type SessionDecision, type SessionState, step } from "./session-machine.ts";
import { type Client, type IssuedToken, randomId, type SessionLimits, type SessionStart } from "./session-start.ts";
import type { RefreshState, SessionStore, StoredSession } from "./stores.ts";

/** What presenting a refresh token leads to; described at `Sessions`. */
export interface SessionRefresh {
  refresh(
    refreshToken: string,
    client: Client,
    options?: { sessionId?: string | undefined; attempt?: string | undefined },
  ): Promise<IssuedToken>;
  /** The session that could be refreshed with it now. Nothing changes by it. */
  findRefreshable(refreshToken: string): Promise<StoredSession | undefined>;
}

export interface SessionRefreshOptions {
  store: Pick<SessionStore, "findSession" | "rotateRefreshToken">;
  refreshTokens: RefreshTokens;
  start: SessionStart;
  limits: SessionLimits;
  clock: Clock;
  /** Charged for each use of a genuine token. */
  budgets: Budgets;
  /** Ends a session of which a replaced token was used again, and tells of it. */
  endStolen(session: StoredSession, client: Client): Promise<void>;
  onRepeatedElsewhere(session: StoredSession, client: Client): void;
}

/** Each further round means that somebody else moved the session meanwhile: after two of them the outcome is clear. */
const maxRounds = 5;

/** One refresh, as it was asked for. */
interface AskedRefresh {
  text: string;
  token: ParsedRefreshToken;
  client: Client;
  attemptHash: string | null;
  /** Charges it to its session: once, however many rounds it takes. @throws AuthError `rate_limited` */
  charge(): Promise<void>;
}

export function createSessionRefresh(options: SessionRefreshOptions): SessionRefresh {
  const { store, refreshTokens, start, limits, clock, budgets } = options;
  const knownSessions = createKnownSessions();

  function askFor(text: string, token: ParsedRefreshToken, client: Client, attempt: string | undefined): AskedRefresh {
    let charged: Promise<void> | undefined;
    const charge = async () => void (await budgets.charge({ operation: "refresh", sessionId: token.sessionId }));
    const attemptHash = attempt === undefined ? null : hashOf(attempt);
    return { text, token, client, attemptHash, charge: () => (charged ??= charge()) };
  }

  /**
   * One statement and no reading, where this process has refreshed the session before: it moves on if this is its newest token, on the same
   * conditions as ever. Whatever else it may be shows when the row is read.
   */
  async function rotateKnown(asked: AskedRefresh): Promise<IssuedToken | undefined> {
    const { text, token } = asked;
    const known = knownSessions.find(token.sessionId) ?? nobodysSession;
    // Only what was made here for this session costs a statement, and counts on it.
    if (!refreshTokens.isMadeHere(token, known)) return undefined;
    // Where there is no room left the row is read: a stolen token shows, however often somebody has asked.
    const hasRoom = await asked.charge().then(
      () => true,
      () => false,
    );
    return hasRoom ? rotate(asked, { counter: token.counter, currentHash: hashOf(text) }, known) : undefined;
  }

  /** @returns nothing when somebody was faster, or it has ended: which one shows when the row is read */
  async function rotate(
    { token: { sessionId }, client, attemptHash, charge }: AskedRefresh,
    from: Pick<RefreshState, "counter" | "currentHash">,
    known: KnownSession,
  ): Promise<IssuedToken | undefined> {
    await charge();
    const successor = refreshTokens.make({ ...known, sessionId, counter: from.counter + 1 });
    const moved = await store.rotateRefreshToken(sessionId, from, {
      currentHash: hashOf(successor),
      secretId: refreshTokens.secretId,
      attemptHash,
      idleSeconds: limits.idleSeconds,
      address: client.address,
    });
    return moved && answer(moved, successor, clock());
  }

  async function refreshOnce(asked: AskedRefresh): Promise<IssuedToken | undefined> {
    const { token, client, charge } = asked;
    const askedAtMs = clock();
    const stored = await store.findSession(token.sessionId);
    if (stored === undefined || stored.refresh === null) {
      // The same work as for one that is there: how long it takes tells nobody which ids are.
      decide(asked, decoy, decoy.refresh);
      throw refreshTokenInvalid();
    }
    const { refresh } = stored;
    // A copy of the salt: it may be a slice of all that the database has sent.
    const known = { userId: stored.user.id, salt: new Uint8Array(refresh.salt) };

    const decision = decide(asked, stored, refresh);
    switch (decision) {
      case "rotate":
        knownSessions.remember(stored.id, known);
        return rotate(asked, refresh, known);
      case "repeat": {
        await charge();
        if (client.address !== stored.address) options.onRepeatedElsewhere(stored, client);
        const parts = { ...known, sessionId: stored.id, counter: refresh.counter };
        const newest = refreshTokens.make(parts, refresh.secretId);
        // Counted from before the row was read: no token may outlive what is known of the session.
        return answer(stored, newest, askedAtMs);
      }
      case "wait":
        throw new AuthError("keys_unavailable", "Another server has just renewed this session. Try again shortly.", {
          retryAfterSeconds: 2,
        });
      case "theft":
        await options.endStolen(stored, client);
        throw refreshTokenInvalid();
      case "end":
      case "refuse":
        throw refreshTokenInvalid();
    }
  }

  /** What the presented token would do to the session now. */
  function decide(
    { text, token, attemptHash }: Pick<AskedRefresh, "text" | "token" | "attemptHash">,
    stored: StoredSession,
    refresh: RefreshState,
  ): SessionDecision {
    const parts = { sessionId: stored.id, userId: stored.user.id, salt: refresh.salt };
    const event: RefreshEvent = {
      kind: "refresh",
      hash: hashOf(text),
      madeHere: refreshTokens.isMadeHere(token, parts),
      attemptHash,
      canRepeat: refreshTokens.holds(refresh.secretId),
      next: {
        currentHash: hashOf(refreshTokens.make({ ...parts, counter: refresh.counter + 1 })),
        secretId: refreshTokens.secretId,
        idleMs: limits.idleSeconds * 1000,
      },
      now: stored.now.getTime(),
    };
    return step(stateOf(stored, refresh), event).decision;
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

  return {
    async refresh(refreshToken, client, { sessionId, attempt } = {}) {
      const token = parseRefreshToken(refreshToken);
      if (token === undefined || (sessionId !== undefined && sessionId !== token.sessionId))
        throw refreshTokenInvalid();
      const asked = askFor(refreshToken, token, client, attempt);
      const moved = await rotateKnown(asked);
      if (moved !== undefined) return moved;
      for (let round = 0; round < maxRounds; round += 1) {
        const issued = await refreshOnce(asked);
        if (issued !== undefined) return issued;
      }
      throw new AuthError("busy", "This session is being refreshed by many at once. Try again shortly.");
    },

    async findRefreshable(refreshToken) {
      const token = parseRefreshToken(refreshToken);
      const stored = token && (await store.findSession(token.sessionId));
      if (token === undefined || !stored || stored.refresh === null) return undefined;
      const decision = decide({ text: refreshToken, token, attemptHash: null }, stored, stored.refresh);
      return decision === "rotate" || decision === "repeat" || decision === "wait" ? stored : undefined;
    },
  };
}

/** A session that no token is of. */
const decoy = createDecoy();
/** For one that is not known: asking about it takes as long. */
const nobodysSession: KnownSession = { userId: decoy.userId, salt: decoy.refresh.salt };

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

function refreshTokenInvalid(): AuthError {
  return new AuthError("refresh_token_invalid", "This sign-in is over. Please sign in again.");
}
