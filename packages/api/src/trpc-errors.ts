// AuthError → TRPCError, with the code of the table.

import { AuthError } from "@signet/auth/errors";
import { TRPCError } from "@trpc/server";
import { answers } from "./auth-errors.ts";

/** Errors that do not stem from an `AuthError` stay as they are. */
export function asTRPCError(error: TRPCError): TRPCError {
  const { cause } = error;
  if (!(cause instanceof AuthError)) return error;
  return new TRPCError({ code: answers[cause.reason].code, message: cause.message, cause });
}
