// What a page can know about who is using it: one status at a time, and nothing that is true of another one.

/** Who the server says is calling: the answer of `auth.whoami`. Times are NumericDate seconds. */
export interface AuthUser {
  subject: string;
  username: string;
  scope: string[];
  sessionId: string;
  issuedAt: number;
  expiresAt: number;
}

/**
 * Why nobody is signed in, for the message that a person reads.
 *
 * - `never`: there was no token here.
 * - `signed_out`: on this page, just now.
 * - `expired`: the session's time was over, or a token's that could not be renewed.
 * - `refused`: the token could not be used: damaged, foreign, or not accepted by the server.
 * - `ended_elsewhere`: in another tab, on another device, or by the operator.
 * - `not_completed`: the sign-in with a provider could not be completed. It cannot be repeated, only begun anew.
 */
export type SignedOutReason = "never" | "signed_out" | "expired" | "refused" | "ended_elsewhere" | "not_completed";

/**
 * Why the server gave no answer: no connection, an error of its own (5xx, or it refuses what it has just issued), too many
 * requests, or an answer that is not its.
 */
export type UnreachableProblem = "network" | "server_error" | "rate_limited" | "unreadable_answer";

/** A good token came in the address although this tab did not ask for one: "Continue as NAME?" */
export interface SignInQuestion {
  username: string;
}

/** Somebody came from a provider and has no account here yet: a username is to be chosen. */
export interface PendingSignUp {
  /** As the API names it. */
  provider: string;
  /** A username that could be offered. */
  suggestion: string | null;
}

interface Identity {
  /** Changes whenever the person may have changed. What was fetched under another number must not be shown. */
  identity: number;
}

export type AuthState = Identity &
  (
    | { status: "loading" }
    | { status: "signed-in"; user: AuthUser; expiresAt: number }
    | {
        status: "signed-out";
        reason: SignedOutReason;
        question: SignInQuestion | null;
        /** Answered by `signUpWithProvider`, or `forgetPendingSignUp`. */
        pendingSignUp: PendingSignUp | null;
      }
    /** The token is kept and the server is asked again. `user` is who it was, if the server has said so on this page. */
    | { status: "unreachable"; problem: UnreachableProblem; user: AuthUser | null }
  );

/** The state before anything is known, and on a server that renders the page. */
export const loadingState: AuthState = { status: "loading", identity: 0 };

/** The person of a state, where one is known. */
export function personOf(state: AuthState): AuthUser | null {
  return state.status === "signed-in" || state.status === "unreachable" ? state.user : null;
}

/**
 * What was fetched for one is the other's own. A renewed token changes no person, and neither does a new session of the
 * same one, as after a change of password.
 */
export function samePerson(a: Pick<AuthUser, "subject">, b: Pick<AuthUser, "subject">): boolean {
  return a.subject === b.subject;
}

/** One sign-in of one person: a renewed token belongs to the same one. */
export function sameSession(
  a: Pick<AuthUser, "subject" | "sessionId">,
  b: Pick<AuthUser, "subject" | "sessionId">,
): boolean {
  return samePerson(a, b) && a.sessionId === b.sessionId;
}
