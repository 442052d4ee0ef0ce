// What tRPC needs of all this, for our own procedures and for those of an app that has its own: errors with code, reason
// and challenge.

import { parseBearer } from "@signet/auth/bearer";
import type { AccessTokenClaims } from "@signet/auth/claims";
import { isAuthError } from "@signet/auth/errors";
import type { AccessTokenVerifier } from "@signet/auth/verify";
import { TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { answers, refusalOf } from "./auth-errors.ts";
import { refusalHeaders } from "./http/answers.ts";

/**
 * The claims of a request's bearer token, for a middleware of one's own:
 *
 * ```ts
 * export const protectedProcedure = t.procedure.use(async ({ ctx, next }) =>
 *   next({ ctx: { claims: await requireClaims(verifier, ctx.request.headers.get("authorization")) } }),
 * );
 * ```
 *
 * Does not check: scopes, or who owns what is asked for.
 *
 * @param authorization The request's `Authorization` header, or what stands for none.
 * @throws TRPCError whose cause is the AuthError: `token_missing` | `token_malformed` | `token_invalid` |
 *   `token_expired` | `keys_unavailable`
 */
export async function requireClaims(
  verifier: AccessTokenVerifier,
  authorization: string | null | undefined,
): Promise<AccessTokenClaims> {
  try {
    return await verifier.verify(parseBearer(authorization));
  } catch (error) {
    throw asTRPCError(error);
  }
}

/** An AuthError as a TRPCError with the code of the table; anything else stays as it is. */
export function asTRPCError(error: unknown): unknown {
  const cause = error instanceof TRPCError ? error.cause : error;
  if (!isAuthError(cause)) return error;
  return new TRPCError({ code: answers[cause.reason].code, message: cause.message, cause });
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
    if (!isAuthError(error.cause)) continue;
    const headers = refusalHeaders(refusalOf(error));
    if (Object.keys(headers).length > 0) return { headers: new Headers(headers) };
  }
  return {};
}
