// Whatever was thrown, as it may leave the server. What a reason means over HTTP stands in `@signet/auth/refusal`; what tRPC calls it
// stands here. A reason that is in neither table does not compile.

import { randomBytes } from "node:crypto";
import { type AuthError, type AuthErrorReason, isAuthError } from "@signet/auth/errors";
import { bearerRefusedDetail, httpRefusals } from "@signet/auth/refusal";
import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";

type TRPCErrorCode = TRPCError["code"];

/** tRPC's name for each reason. */
const trpcCodes: Record<AuthErrorReason, TRPCErrorCode> = {
  token_missing: "UNAUTHORIZED",
  token_malformed: "UNAUTHORIZED",
  token_invalid: "UNAUTHORIZED",
  token_expired: "UNAUTHORIZED",
  token_revoked: "UNAUTHORIZED",
  credentials_invalid: "UNAUTHORIZED",
  refresh_token_invalid: "UNAUTHORIZED",
  insufficient_scope: "FORBIDDEN",
  origin_refused: "FORBIDDEN",
  https_required: "FORBIDDEN",
  reauthentication_required: "FORBIDDEN",
  input_invalid: "BAD_REQUEST",
  code_invalid: "BAD_REQUEST",
  password_unacceptable: "BAD_REQUEST",
  not_batchable: "BAD_REQUEST",
  username_taken: "CONFLICT",
  username_needed: "CONFLICT",
  provider_account_taken: "CONFLICT",
  last_way_in: "CONFLICT",
  password_exists: "CONFLICT",
  not_found: "NOT_FOUND",
  method_not_allowed: "METHOD_NOT_SUPPORTED",
  payload_too_large: "PAYLOAD_TOO_LARGE",
  rate_limited: "TOO_MANY_REQUESTS",
  keys_unavailable: "SERVICE_UNAVAILABLE",
  storage_unavailable: "SERVICE_UNAVAILABLE",
  revocations_unknown: "SERVICE_UNAVAILABLE",
  busy: "SERVICE_UNAVAILABLE",
  internal_error: "INTERNAL_SERVER_ERROR",
};

/** Over tRPC 400 means that the input cannot be used, and a refresh token is no input. */
const trpcStatuses: Partial<Record<AuthErrorReason, number>> = { refresh_token_invalid: 401 };

/** What a refusal is called over tRPC. */
export function trpcAnswerOf(reason: AuthErrorReason): { code: TRPCErrorCode; status: number } {
  return { code: trpcCodes[reason], status: trpcStatuses[reason] ?? httpRefusals[reason].status };
}

/** Whether somebody should look for the cause. A server that is busy is not broken, and a flood must not fill its log. */
export function isFailure(reason: AuthErrorReason): boolean {
  return reason !== "busy" && httpRefusals[reason].status >= 500;
}

const defaultRetryAfterSeconds = 2;

/** A refusal as it may leave the server: nothing in it comes from the inside or echoes the request. */
export interface Refusal {
  reason: AuthErrorReason;
  detail: string;
  /** The claim or input field that was wrong. */
  field?: string;
  problem?: string;
  /** A username of the right shape, made of what a provider calls the person. */
  suggestion?: string;
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
  const { status, challenge } = httpRefusals[error.reason];
  const aboutBearer = challenge === "invalid_token" || error.reason === "token_missing";
  const retryAfterSeconds =
    error.retryAfterSeconds ?? (status === 503 || status === 429 ? defaultRetryAfterSeconds : undefined);
  return {
    reason: error.reason,
    detail: aboutBearer ? bearerRefusedDetail : error.message,
    ...(error.claim === undefined || aboutBearer ? {} : { field: error.claim }),
    ...(error.problem === undefined ? {} : { problem: error.problem }),
    ...(error.suggestion === undefined ? {} : { suggestion: error.suggestion }),
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
    case "CLIENT_CLOSED_REQUEST":
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
