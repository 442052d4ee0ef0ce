// What each refusal looks like to the outside: one exhaustive table from reason to tRPC code and HTTP answer.
// A reason that is not in the table does not compile.

import { randomBytes } from "node:crypto";
import { type AuthError, type AuthErrorReason, isAuthError } from "@signet/auth/errors";
import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";

type TRPCErrorCode = TRPCError["code"];

/** `error` in the body: codes of RFC 6749 §5.2, §4.1.2.1 and RFC 6750 §3.1, the nearest where none fits. */
type OAuthErrorCode =
  | "invalid_request"
  | "invalid_token"
  | "invalid_grant"
  | "insufficient_scope"
  | "access_denied"
  | "temporarily_unavailable"
  | "server_error";

/** Which challenge a 401 carries: the bearer scheme with or without an error code, or none of ours. */
type BearerChallenge = "none" | "bare" | "invalid_token" | "insufficient_scope";

interface Answer {
  code: TRPCErrorCode;
  status: number;
  /** Over tRPC, where it is another one: there 400 means that the input cannot be used. */
  trpcStatus?: number;
  error: OAuthErrorCode;
  challenge: BearerChallenge;
}

export const answers: Record<AuthErrorReason, Answer> = {
  // No error code when there were no credentials (RFC 6750 §3.1).
  token_missing: { code: "UNAUTHORIZED", status: 401, error: "invalid_token", challenge: "bare" },
  token_malformed: { code: "UNAUTHORIZED", status: 401, error: "invalid_token", challenge: "invalid_token" },
  token_invalid: { code: "UNAUTHORIZED", status: 401, error: "invalid_token", challenge: "invalid_token" },
  token_expired: { code: "UNAUTHORIZED", status: 401, error: "invalid_token", challenge: "invalid_token" },
  token_revoked: { code: "UNAUTHORIZED", status: 401, error: "invalid_token", challenge: "invalid_token" },
  // Over tRPC a 401 names the bearer scheme: a Basic challenge would raise the browser's own password box.
  credentials_invalid: { code: "UNAUTHORIZED", status: 401, error: "invalid_grant", challenge: "bare" },
  refresh_token_invalid: {
    code: "UNAUTHORIZED",
    status: 400,
    trpcStatus: 401,
    error: "invalid_grant",
    challenge: "none",
  },
  insufficient_scope: { code: "FORBIDDEN", status: 403, error: "insufficient_scope", challenge: "insufficient_scope" },
  origin_refused: { code: "FORBIDDEN", status: 403, error: "access_denied", challenge: "none" },
  input_invalid: { code: "BAD_REQUEST", status: 400, error: "invalid_request", challenge: "none" },
  code_invalid: { code: "BAD_REQUEST", status: 400, error: "invalid_grant", challenge: "none" },
  password_unacceptable: { code: "BAD_REQUEST", status: 400, error: "invalid_request", challenge: "none" },
  not_batchable: { code: "BAD_REQUEST", status: 400, error: "invalid_request", challenge: "none" },
  username_taken: { code: "CONFLICT", status: 409, error: "invalid_request", challenge: "none" },
  not_found: { code: "NOT_FOUND", status: 404, error: "invalid_request", challenge: "none" },
  method_not_allowed: { code: "METHOD_NOT_SUPPORTED", status: 405, error: "invalid_request", challenge: "none" },
  payload_too_large: { code: "PAYLOAD_TOO_LARGE", status: 413, error: "invalid_request", challenge: "none" },
  rate_limited: { code: "TOO_MANY_REQUESTS", status: 429, error: "temporarily_unavailable", challenge: "none" },
  keys_unavailable: { code: "SERVICE_UNAVAILABLE", status: 503, error: "temporarily_unavailable", challenge: "none" },
  storage_unavailable: {
    code: "SERVICE_UNAVAILABLE",
    status: 503,
    error: "temporarily_unavailable",
    challenge: "none",
  },
  revocations_unknown: {
    code: "SERVICE_UNAVAILABLE",
    status: 503,
    error: "temporarily_unavailable",
    challenge: "none",
  },
  busy: { code: "SERVICE_UNAVAILABLE", status: 503, error: "temporarily_unavailable", challenge: "none" },
  internal_error: { code: "INTERNAL_SERVER_ERROR", status: 500, error: "server_error", challenge: "none" },
};

/** The one sentence that every refused bearer gets; the reason says more. */
export const bearerRefusedDetail = "Could not validate credentials";

const defaultRetryAfterSeconds = 2;

/** A refusal as it may leave the server: nothing in it comes from the inside or echoes the request. */
export interface Refusal {
  reason: AuthErrorReason;
  detail: string;
  /** The claim or input field that was wrong. */
  field?: string;
  problem?: string;
  retryAfterSeconds?: number;
  /** Only for what nobody foresaw: finds the log entry. */
  errorId?: string;
}

const refusals = new WeakMap<object, Refusal>();

/**
 * Turns whatever was thrown into a refusal; the same error always gives the same refusal, and so the same `errorId`.
 *
 * What is neither an `AuthError`, a failed input schema nor a refusal of tRPC itself is `internal_error`: a fixed
 * sentence and a fresh id.
 */
export function refusalOf(error: unknown): Refusal {
  const known = typeof error === "object" && error !== null ? refusals.get(error) : undefined;
  if (known !== undefined) return known;
  const refusal = describe(error);
  if (typeof error === "object" && error !== null) refusals.set(error, refusal);
  return refusal;
}

/**
 * The `WWW-Authenticate` value for a refusal, or `undefined` where none belongs.
 *
 * @see RFC 6750 §3
 */
export function bearerChallenge(reason: AuthErrorReason): string | undefined {
  const { challenge } = answers[reason];
  if (challenge === "none") return undefined;
  if (challenge === "bare") return 'Bearer realm="signet"';
  return `Bearer realm="signet", error="${challenge}", error_description="${reason}"`;
}

function describe(error: unknown): Refusal {
  if (isAuthError(error)) return ofAuthError(error);
  if (error instanceof ZodError) return ofInput(error);
  if (error instanceof TRPCError) {
    if (isAuthError(error.cause)) return ofAuthError(error.cause);
    if (error.cause instanceof ZodError && error.code === "BAD_REQUEST") return ofInput(error.cause);
    return ofTRPC(error.code);
  }
  return unforeseen();
}

function ofAuthError(error: AuthError): Refusal {
  const { status, challenge } = answers[error.reason];
  const aboutBearer = challenge === "invalid_token" || error.reason === "token_missing";
  const retryAfterSeconds =
    error.retryAfterSeconds ?? (status === 503 || status === 429 ? defaultRetryAfterSeconds : undefined);
  return {
    reason: error.reason,
    detail: aboutBearer ? bearerRefusedDetail : error.message,
    ...(error.claim === undefined || aboutBearer ? {} : { field: error.claim }),
    ...(error.problem === undefined ? {} : { problem: error.problem }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(error.reason === "internal_error" ? { errorId: newErrorId() } : {}),
  };
}

/** zod's own messages are left out: they may quote what was sent. */
function ofInput(error: ZodError): Refusal {
  const issue = error.issues[0];
  const field = issue?.path[0];
  if (issue?.code === "unrecognized_keys") {
    return {
      reason: "input_invalid",
      detail: "The input has a field that is not known here.",
      problem: "unknown_field",
    };
  }
  const problem = issue?.code ?? "invalid";
  if (field === undefined)
    return { reason: "input_invalid", detail: "The input is not of the expected shape.", problem };
  const name = String(field);
  return { reason: "input_invalid", detail: `\`${name}\` is not of the expected shape.`, field: name, problem };
}

/** Refusals that tRPC makes before a procedure runs: no such procedure, wrong method, unreadable body. */
function ofTRPC(code: TRPCErrorCode): Refusal {
  switch (code) {
    case "NOT_FOUND":
      return { reason: "not_found", detail: "There is no such procedure." };
    case "METHOD_NOT_SUPPORTED":
      return { reason: "method_not_allowed", detail: "This procedure is called with the other HTTP method." };
    case "PAYLOAD_TOO_LARGE":
      return { reason: "payload_too_large", detail: "The request is too large." };
    case "BAD_REQUEST":
    case "PARSE_ERROR":
    case "UNSUPPORTED_MEDIA_TYPE":
      return { reason: "input_invalid", detail: "The request could not be read." };
    default:
      return unforeseen();
  }
}

function unforeseen(): Refusal {
  return {
    reason: "internal_error",
    detail: "Something went wrong here. The error id helps to find out what.",
    errorId: newErrorId(),
  };
}

function newErrorId(): string {
  return randomBytes(9).toString("base64url");
}
