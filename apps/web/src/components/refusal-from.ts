// The refusal in what a call of the API has thrown, in the one shape that all words are found by.

import { AuthClientError, type AuthClientErrorDetails, type AuthClientErrorReason } from "@signet/client";
import { TRPCClientError } from "@trpc/client";

/** Null for what is neither a refusal nor a missing answer, and so a fault of ours. */
export function refusalFrom(error: unknown): AuthClientError | null {
  if (error instanceof AuthClientError) return error;
  if (!(error instanceof TRPCClientError)) return null;
  if (error.cause instanceof AuthClientError) return error.cause;
  const data: unknown = error.data;
  const said: Record<string, unknown> = typeof data === "object" && data !== null ? { ...data } : {};
  const { reason, retryAfterSeconds } = said;
  if (typeof reason !== "string") return new AuthClientError("unreachable", "The server did not answer.");
  const details: AuthClientErrorDetails = {};
  for (const name of ["field", "problem", "errorId"] as const) {
    const value = said[name];
    if (typeof value === "string") details[name] = value;
  }
  if (typeof retryAfterSeconds === "number") details.retryAfterSeconds = retryAfterSeconds;
  // A newer server may know reasons that this page does not: they are passed on as they are.
  return new AuthClientError(reason as AuthClientErrorReason, error.message, details);
}
