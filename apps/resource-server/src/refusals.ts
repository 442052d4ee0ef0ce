// Whatever was thrown, as a refusal that may leave the server: a reason, a fixed sentence, and nothing of the inside.

import { randomBytes } from "node:crypto";
import { AuthError, isAuthError } from "@signet/auth/errors";
import { refusalAnswer } from "@signet/auth/refusal";
import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";

const refusals = new WeakMap<object, AuthError>();
const errorIds = new WeakMap<AuthError, string>();

/** The same error always gives the same refusal. What nobody foresaw is `internal_error`, with an id. */
export function refusalOf(error: unknown): AuthError {
  const key = typeof error === "object" && error !== null ? error : undefined;
  const known = key && refusals.get(key);
  if (known !== undefined) return known;
  const refusal = describe(error);
  if (key !== undefined) refusals.set(key, refusal);
  return refusal;
}

/** Finds the log entry of an `internal_error`; undefined for any other. */
export function errorIdOf(refusal: AuthError): string | undefined {
  if (refusal.reason !== "internal_error") return undefined;
  const id = errorIds.get(refusal) ?? randomBytes(9).toString("base64url");
  errorIds.set(refusal, id);
  return id;
}

/** A refusal over plain HTTP. @param scopes What was needed, for `insufficient_scope`. */
export function refused(error: unknown, scopes: readonly string[] = []): Response {
  const refusal = refusalOf(error);
  const { status, headers, body } = refusalAnswer(refusal, scopes);
  const errorId = errorIdOf(refusal);
  return Response.json(errorId === undefined ? body : { ...body, errorId }, { status, headers });
}

function describe(error: unknown): AuthError {
  if (isAuthError(error)) return error;
  if (error instanceof ZodError) return ofInput(error);
  if (error instanceof TRPCError || isBearerRefusal(error)) {
    if (isAuthError(error.cause)) return error.cause;
    if (error instanceof TRPCError) return ofTRPC(error);
  }
  return unforeseen(error);
}

/** That of `@signet/auth/trpc`: an error of tRPC in all but its class. */
function isBearerRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === "TRPCError";
}

/** zod's own messages are left out: they may quote what was sent. */
function ofInput(error: ZodError): AuthError {
  const issue = error.issues[0];
  const field = issue?.path[0];
  if (issue?.code === "unrecognized_keys") {
    return new AuthError("input_invalid", "The input has a field that is not known here.", {
      problem: "unknown_field",
    });
  }
  const name = field === undefined ? undefined : String(field);
  return new AuthError(
    "input_invalid",
    `${name === undefined ? "The input" : `\`${name}\``} is not of the expected shape.`,
    {
      problem: issue?.code ?? "invalid",
      ...(name === undefined ? {} : { claim: name }),
    },
  );
}

/** Refusals that tRPC makes before a procedure runs: no such procedure, wrong method, unreadable body. */
function ofTRPC(error: TRPCError): AuthError {
  switch (error.code) {
    case "NOT_FOUND":
      return new AuthError("not_found", "There is no such procedure.");
    case "METHOD_NOT_SUPPORTED":
      return new AuthError("method_not_allowed", "This procedure is called with the other HTTP method.");
    case "PAYLOAD_TOO_LARGE":
      return new AuthError("payload_too_large", "The request is too large.");
    case "BAD_REQUEST":
      return error.cause instanceof ZodError ? ofInput(error.cause) : unreadable();
    case "PARSE_ERROR":
    case "UNSUPPORTED_MEDIA_TYPE":
    case "CLIENT_CLOSED_REQUEST":
      return unreadable();
    default:
      return unforeseen(error.cause ?? error);
  }
}

function unreadable(): AuthError {
  return new AuthError("input_invalid", "The request could not be read.");
}

function unforeseen(cause: unknown): AuthError {
  return new AuthError("internal_error", "Something went wrong here. The error id helps to find out what.", { cause });
}
