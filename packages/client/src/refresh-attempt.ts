// The name of a refresh, kept where all tabs see it from before it is sent until its answer is stored. Whoever repeats it
// says the same name, however long that takes, and the server gives the same answer: a lost one costs nobody the session.

import { attemptKey, type ClientStorage } from "./client-storage.ts";
import { parseRecord } from "./json.ts";

export interface RefreshAttempts {
  /** The attempt under way for this session; a new one, stored, where there is none. */
  of(session: string): string;
  /** Its answer is stored, or will never be wanted. An attempt for another session stays. */
  finish(session: string): void;
}

/** As the server wants them: 16 to 64 characters of base64url. */
const attemptShape = /^[A-Za-z0-9_-]{16,64}$/;

export function createRefreshAttempts(storage: ClientStorage): RefreshAttempts {
  function read(): { session: string; attempt: string } | undefined {
    const { session, attempt } = parseRecord(storage.read(attemptKey)) ?? {};
    if (typeof session !== "string" || typeof attempt !== "string" || !attemptShape.test(attempt)) return undefined;
    return { session, attempt };
  }

  return {
    of(session) {
      const kept = read();
      if (kept?.session === session) return kept.attempt;
      const attempt = newAttempt();
      storage.write(attemptKey, JSON.stringify({ session, attempt }));
      // A tab that wrote at the same moment wins: both then say the same name.
      const written = read();
      return written?.session === session ? written.attempt : attempt;
    },
    finish(session) {
      if (read()?.session === session) storage.remove(attemptKey);
    },
  };
}

/** 128 bits that nobody guesses: with it, and only with it, an older refresh token is good for one more answer. */
function newAttempt(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
