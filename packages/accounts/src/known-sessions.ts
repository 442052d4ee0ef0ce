// What never changes of a session: whose it is, and the salt of its refresh tokens. Whoever remembers it makes the next token before the
// database is asked, and moving the session on is then one statement. Whether the session still stands, that statement decides alone.

import type { RefreshTokenParts } from "./refresh-token.ts";

/** About 400 bytes each. Those that were used last are kept. */
const maxKnown = 50_000;

export type KnownSession = Pick<RefreshTokenParts, "userId" | "salt">;

export interface KnownSessions {
  find(sessionId: string): KnownSession | undefined;
  /** For a session of which a genuine token was seen: so strangers cannot push any out. */
  remember(sessionId: string, known: KnownSession): void;
}

/** @param most Kept at the same time. Default 50,000. */
export function createKnownSessions(most: number = maxKnown): KnownSessions {
  const sessions = new Map<string, KnownSession>();

  function remember(sessionId: string, { userId, salt }: KnownSession): void {
    sessions.delete(sessionId);
    if (sessions.size >= most) {
      const [oldest] = sessions.keys();
      if (oldest !== undefined) sessions.delete(oldest);
    }
    sessions.set(sessionId, { userId, salt });
  }

  return {
    find(sessionId) {
      const known = sessions.get(sessionId);
      if (known !== undefined) remember(sessionId, known);
      return known;
    },
    remember,
  };
}
