// @signet/auth/refusal: what a refusal looks like over HTTP: one exhaustive table from reason to status, code and challenge. A
// reason that is not in the table does not compile.

import type { AuthError, AuthErrorReason } from "./errors.ts";

/** `error` in the body: codes of RFC 6749 §5.2, §4.1.2.1 and RFC 6750 §3.1, the nearest where none fits. */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_token"
  | "invalid_grant"
  | "insufficient_scope"
  | "access_denied"
  | "temporarily_unavailable"
  | "server_error";

/** Which challenge an answer carries: the bearer scheme with or without an error code, or none of ours. */
export type BearerChallenge = "none" | "bare" | "invalid_token" | "insufficient_scope";

export interface HttpRefusal {
  status: number;
  error: OAuthErrorCode;
  challenge: BearerChallenge;
}

/** The one sentence that every refused bearer gets; the reason says more. */
export const bearerRefusedDetail = "Could not validate credentials";

const refusedToken = { status: 401, error: "invalid_token", challenge: "invalid_token" } as const;
const badInput = { status: 400, error: "invalid_request", challenge: "none" } as const;
const conflict = { status: 409, error: "invalid_request", challenge: "none" } as const;
const tryAgain = { status: 503, error: "temporarily_unavailable", challenge: "none" } as const;

export const httpRefusals: Readonly<Record<AuthErrorReason, Readonly<HttpRefusal>>> = {
  // No error code when there were no credentials (RFC 6750 §3.1).
  token_missing: { status: 401, error: "invalid_token", challenge: "bare" },
  token_malformed: refusedToken,
  token_invalid: refusedToken,
  token_expired: refusedToken,
  token_revoked: refusedToken,
  credentials_invalid: { status: 401, error: "invalid_grant", challenge: "bare" },
  refresh_token_invalid: { status: 400, error: "invalid_grant", challenge: "none" },
  insufficient_scope: { status: 403, error: "insufficient_scope", challenge: "insufficient_scope" },
  origin_refused: { status: 403, error: "access_denied", challenge: "none" },
  https_required: { status: 403, error: "access_denied", challenge: "none" },
  reauthentication_required: { status: 403, error: "access_denied", challenge: "none" },
  input_invalid: badInput,
  code_invalid: { status: 400, error: "invalid_grant", challenge: "none" },
  password_unacceptable: badInput,
  not_batchable: badInput,
  username_taken: conflict,
  username_needed: conflict,
  provider_account_taken: conflict,
  last_way_in: conflict,
  password_exists: conflict,
  not_found: { status: 404, error: "invalid_request", challenge: "none" },
  method_not_allowed: { status: 405, error: "invalid_request", challenge: "none" },
  payload_too_large: { status: 413, error: "invalid_request", challenge: "none" },
  rate_limited: { status: 429, error: "temporarily_unavailable", challenge: "none" },
  keys_unavailable: tryAgain,
  storage_unavailable: tryAgain,
  revocations_unknown: tryAgain,
  busy: tryAgain,
  internal_error: { status: 500, error: "server_error", challenge: "none" },
};

const defaultRetryAfterSeconds = 2;

/** An answer, for whatever sends it. */
export interface RefusalAnswer {
  status: number;
  headers: Record<string, string>;
  body: { error: OAuthErrorCode; reason: AuthErrorReason; detail: string };
}

/**
 * The `WWW-Authenticate` value for a refusal, or undefined where none belongs.
 *
 * @param scopes What is needed, for `insufficient_scope`.
 * @see RFC 6750 §3
 */
export function bearerChallenge(reason: AuthErrorReason, scopes: readonly string[] = []): string | undefined {
  const { challenge } = httpRefusals[reason];
  if (challenge === "none") return undefined;
  if (challenge === "bare") return 'Bearer realm="signet"';
  const scope = challenge === "insufficient_scope" && scopes.length > 0 ? `, scope="${scopes.join(" ")}"` : "";
  return `Bearer realm="signet", error="${challenge}", error_description="${reason}"${scope}`;
}

/**
 * The answer to a refused request: status, headers and JSON body. Nothing in it comes from the token or from the inside.
 *
 * @param scopes What is needed, for `insufficient_scope`.
 */
export function refusalAnswer(error: AuthError, scopes: readonly string[] = []): RefusalAnswer {
  const { reason } = error;
  const { status, error: code, challenge } = httpRefusals[reason];
  const isAboutBearer = challenge === "invalid_token" || reason === "token_missing";
  const wwwAuthenticate = bearerChallenge(reason, scopes);
  const retryAfterSeconds =
    error.retryAfterSeconds ?? (status === 503 || status === 429 ? defaultRetryAfterSeconds : undefined);
  return {
    status,
    headers: {
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      ...(wwwAuthenticate === undefined ? {} : { "WWW-Authenticate": wwwAuthenticate }),
      ...(retryAfterSeconds === undefined ? {} : { "Retry-After": String(Math.ceil(retryAfterSeconds)) }),
    },
    body: { error: code, reason, detail: isAboutBearer ? bearerRefusedDetail : error.message },
  };
}
