// What tRPC needs of all this, for our own procedures and for those of an app that has its own: errors with code, reason
// and challenge.

import type { AccessTokenClaims } from "@signet/auth/claims";
import { AuthError } from "@signet/auth/errors";
import type { AccessTokenVerifier } from "@signet/auth/verify";
import { TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { answers, refusalOf } from "./auth-errors.ts";
import { authenticate } from "./context.ts";
import { refusalHeaders } from "./http/answers.ts";

/**
 * The claims of a request's bearer token, for a middleware of one's own:
 *
 * ```ts
 * export const protectedProcedure = t.procedure.use(async ({ ctx, next }) =>
 *   next({ ctx: { claims: await requireClaims(verifier, ctx.request) } }),
 * );
 * ```
 *
 * Does not check: scopes, or who owns what is asked for.
 *
 * @throws TRPCError whose cause is the AuthError: `token_missing` | `token_malformed` | `token_invalid` |
 *   `token_expired` | `keys_unavailable`
 */
export async function requireClaims(verifier: AccessTokenVerifier, request: Request): Promise<AccessTokenClaims> {
  try {
    return await authenticate(verifier, request);
  } catch (error) {
    throw asTRPCError(error);
  }
}

/** An AuthError as a TRPCError with the code of the table; anything else stays as it is. */
export function asTRPCError(error: unknown): unknown {
  const cause = error instanceof TRPCError ? error.cause : error;
  if (!(cause instanceof AuthError)) return error;
  return new TRPCError({ code: answers[cause.reason].code, message: cause.message, cause });
}

/**
 * The `errorFormatter` that puts the reason into `error.data.reason`. Nothing of the inside goes out: what nobody foresaw
 * is a fixed sentence and an `errorId`.
 */
export function formatAuthError({ error, shape }: { error: TRPCError; shape: { data: { path?: string } } }) {
  const { detail, ...refusal } = refusalOf(error);
  const { code, status } = answers[refusal.reason];
  return {
    code: TRPC_ERROR_CODES_BY_KEY[code],
    message: detail,
    data: { code, httpStatus: status, path: shape.data.path, ...refusal },
  };
}

/** The `responseMeta` that sends `WWW-Authenticate` and `Retry-After`, in a batch those of the first operation that has them. */
export function authResponseMeta({ errors }: { errors: readonly TRPCError[] }): { headers?: Headers } {
  for (const error of errors) {
    const headers = refusalHeaders(refusalOf(error));
    if (Object.keys(headers).length > 0) return { headers: new Headers(headers) };
  }
  return {};
}
