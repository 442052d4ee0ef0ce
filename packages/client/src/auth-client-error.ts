// The one error of this package. Branch on `reason`; the message is a sentence for a person.

import type { AuthErrorReason } from "@signet/auth/errors";

/**
 * The server's reasons, and three of the client's own: no answer, an answer that came too late, and a browser or page that
 * cannot do it (`details.problem`: `no_tab_storage`, `no_secure_context`).
 */
export type AuthClientErrorReason = AuthErrorReason | "unreachable" | "superseded" | "unsupported";

export interface AuthClientErrorDetails {
  /** The input that was wrong, such as `username` or `password`. */
  field?: string;
  /** A fixed word that says more, such as `too_short`. */
  problem?: string;
  /** A username that could be offered, for `username_needed`; perhaps taken. */
  suggestion?: string;
  /** Seconds after which trying again makes sense. */
  retryAfterSeconds?: number;
  /** Finds the entry in the server's log. */
  errorId?: string;
}

export class AuthClientError extends Error {
  override readonly name = "AuthClientError";
  readonly reason: AuthClientErrorReason;
  readonly details: AuthClientErrorDetails;

  constructor(reason: AuthClientErrorReason, message: string, details: AuthClientErrorDetails = {}) {
    super(message);
    this.reason = reason;
    this.details = details;
  }
}
