// Every refusal has one reason from one closed list. Callers branch on the reason, never on the text.

/**
 * Why a request was refused. Part of the API: over tRPC it is `error.data.reason`, over HTTP `reason`.
 *
 * - Who are you (401): `token_missing` (no bearer credentials), `token_malformed` (not a compact JWS of the strict shape),
 *   `token_invalid` (signature, key, type or claims), `token_expired`, `token_revoked`, `credentials_invalid`,
 *   `refresh_token_invalid`.
 * - You may not (403): `insufficient_scope`, `origin_refused`, `https_required` (what is secret came in the clear),
 *   `reauthentication_required` (the sign-in is too long ago for this).
 * - The input cannot be used (4xx): `input_invalid`, `code_invalid`, `password_unacceptable`, `not_batchable`,
 *   `username_taken`, `not_found`, `method_not_allowed`, `payload_too_large`, `rate_limited`.
 * - It does not fit the account (409): `username_needed` (this identity has no account yet: choose a name for one),
 *   `provider_account_taken` (it is somebody's already, or another one is linked), `last_way_in` (without it nobody could sign in),
 *   `password_exists`.
 * - Our fault, try again (503), never shown as an invalid token: `keys_unavailable`, `storage_unavailable`,
 *   `revocations_unknown`, `busy`.
 * - Our fault (500): `internal_error`.
 */
export type AuthErrorReason =
  | "token_missing"
  | "token_malformed"
  | "token_invalid"
  | "token_expired"
  | "token_revoked"
  | "credentials_invalid"
  | "refresh_token_invalid"
  | "insufficient_scope"
  | "origin_refused"
  | "https_required"
  | "reauthentication_required"
  | "input_invalid"
  | "code_invalid"
  | "password_unacceptable"
  | "not_batchable"
  | "username_taken"
  | "username_needed"
  | "provider_account_taken"
  | "last_way_in"
  | "password_exists"
  | "not_found"
  | "method_not_allowed"
  | "payload_too_large"
  | "rate_limited"
  | "keys_unavailable"
  | "storage_unavailable"
  | "revocations_unknown"
  | "busy"
  | "internal_error";

export interface AuthErrorOptions extends ErrorOptions {
  /** The claim or input field that was wrong, where one was. */
  claim?: string;
  /** A fixed word that says more than the reason, such as `too_short` for `password_unacceptable`. */
  problem?: string;
  /** A username that the person may like, for `username_needed`: of the right shape, perhaps taken. */
  suggestion?: string;
  /** Seconds after which trying again makes sense; for `rate_limited` and the 503 reasons. */
  retryAfterSeconds?: number;
}

/** The same in every copy of this package, where an app has ended up with two. */
const brand = Symbol.for("signet.AuthError");

/**
 * A refusal. The message is a short sentence for the caller: it never holds a token, a secret or what was typed.
 * What led to it stands in `cause`, which stays on the server.
 */
export class AuthError extends Error {
  /** @internal */
  readonly [brand] = true;
  override readonly name = "AuthError";
  readonly reason: AuthErrorReason;
  readonly claim: string | undefined;
  readonly problem: string | undefined;
  readonly suggestion: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(reason: AuthErrorReason, message: string, options: AuthErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.claim = options.claim;
    this.problem = options.problem;
    this.suggestion = options.suggestion;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** As `instanceof AuthError`, also for one that another copy of this package has thrown. */
export function isAuthError(error: unknown): error is AuthError {
  return typeof error === "object" && error !== null && brand in error;
}
