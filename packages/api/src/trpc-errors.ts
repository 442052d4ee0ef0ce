// What tRPC needs of all this, for our own procedures and for those of an app that has its own: errors with code, reason
// and challenge.

import { parseBearer } from "@signet/auth/bearer";
import type { AccessTokenClaims } from "@signet/auth/claims";
import { type AuthErrorReason, isAuthError } from "@signet/auth/errors";
import type { AccessTokenVerifier } from "@signet/auth/verify";
import { TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { refusalOf, trpcAnswerOf } from "./auth-errors.ts";
import { refusalHeaders } from "./http/answers.ts";

/**
 * The claims of a request's bearer token, for a middleware of one's own:
 *
 * ```ts
 * export const protectedProcedure = t.procedure.use(async ({ ctx, path, next }) =>
 *   next({ ctx: { claims: await requireClaims(verifier, ctx.request.headers.get("authorization"), { path }) } }),
 * );
 * ```
 *
 * Does not check: scopes, or who owns what is asked for.
 *
 * @param authorization The request's `Authorization` header, or what stands for none.
 * @param call.path The procedure's, as tRPC gives it to a middleware. With it the caller learns that the resolver has not run,
 *   and that the same call may be sent again with a new token (`error.data.retry`); without it nobody repeats anything.
 * @throws TRPCError whose cause is the AuthError: `token_missing` | `token_malformed` | `token_invalid` |
 *   `token_expired` | `keys_unavailable`
 */
export async function requireClaims(
  verifier: AccessTokenVerifier,
  authorization: string | null | undefined,
  call: { path?: string } = {},
): Promise<AccessTokenClaims> {
  try {
    return await verifier.verify(parseBearer(authorization));
  } catch (error) {
    throw call.path === undefined ? asTRPCError(error) : refusedBefore(error, call.path);
  }
}

/** Reasons for which a new access token may be the remedy. */
const curable = new Set<AuthErrorReason>(["token_malformed", "token_invalid", "token_expired", "token_revoked"]);

/** Refusals that were made before a resolver ran, each with the procedure that it kept from running. */
const refusedPaths = new WeakMap<TRPCError, string>();

/**
 * The error of a middleware that lets a call go no further. It says `retry` to the caller of this very procedure: where another
 * procedure's resolver passes it on, that one has run, and nothing is said.
 */
export function refusedBefore(error: unknown, path: string): unknown {
  const refusal = asTRPCError(error);
  const reason = refusal instanceof TRPCError && isAuthError(refusal.cause) ? refusal.cause.reason : undefined;
  if (refusal instanceof TRPCError && reason !== undefined && curable.has(reason)) refusedPaths.set(refusal, path);
  return refusal;
}

/** An AuthError as a TRPCError with the code of the table; anything else stays as it is. */
export function asTRPCError(error: unknown): unknown {
  const cause = error instanceof TRPCError ? error.cause : error;
  if (!isAuthError(cause)) return error;
  // It has its code already, and may be remembered as it is.
  const { code } = trpcAnswerOf(cause.reason);
  if (error instanceof TRPCError && error.code === code) return error;
  return new TRPCError({ code, message: cause.message, cause });
}

/**
 * The `errorFormatter` for an app with a tRPC of its own: a refusal of ours gets its reason in `error.data.reason`; any
 * other error keeps the shape that tRPC gave it.
 */
export function formatAuthError<Shape extends ErrorShape>({ error, shape }: { error: TRPCError; shape: Shape }) {
  return isAuthError(error.cause) ? formatRefusal({ error, shape }) : shape;
}

interface ErrorShape {
  code: number;
  message: string;
  data: { path?: string };
}

/** Our own `errorFormatter`. Nothing of the inside goes out: what nobody foresaw is a fixed sentence and an `errorId`. */
export function formatRefusal<Shape extends ErrorShape>({ error, shape }: { error: TRPCError; shape: Shape }) {
  const { detail, ...refusal } = refusalOf(error);
  const { code, status } = trpcAnswerOf(refusal.reason);
  const retry = shape.data.path !== undefined && refusedPaths.get(error) === shape.data.path ? { retry: true } : {};
  return {
    code: TRPC_ERROR_CODES_BY_KEY[code],
    message: detail,
    data: { code, httpStatus: status, path: shape.data.path, ...refusal, ...retry },
  };
}

/** The `responseMeta` that sends `WWW-Authenticate` and `Retry-After`, in a batch those of the first operation that has them. */
export function authResponseMeta({ errors }: { errors: readonly TRPCError[] }): { headers?: Headers } {
  for (const error of errors) {
    if (!isAuthError(error.cause)) continue;
    const headers = refusalHeaders(refusalOf(error));
    if (Object.keys(headers).length > 0) return { headers: new Headers(headers) };
  }
  return {};
}
