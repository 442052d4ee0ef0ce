// @signet/auth/trpc: what a tRPC server of one's own needs to build a protected procedure. Nothing of tRPC is imported: errors
// and shapes are known by their form.

import { checkScopes, claimsFrom, type ProtectOptions } from "./admission.ts";
import type { AccessTokenClaims } from "./claims.ts";
import { type AuthError, type AuthErrorReason, isAuthError } from "./errors.ts";
import { httpRefusals, refusalAnswer } from "./refusal.ts";
import type { AccessTokenVerifier } from "./verify-access-token.ts";

/** tRPC's names for the statuses that a refusal can have here, and its numbers for them. */
const codes: Readonly<Record<number, { name: string; number: number }>> = {
  401: { name: "UNAUTHORIZED", number: -32001 },
  403: { name: "FORBIDDEN", number: -32003 },
  503: { name: "SERVICE_UNAVAILABLE", number: -32603 },
};

/** Reasons for which a new access token may be the remedy. */
const curable = new Set<AuthErrorReason>(["token_malformed", "token_invalid", "token_expired", "token_revoked"]);

/** A refusal as an error of tRPC, which knows its own by their name. */
class BearerRefusal extends Error {
  override readonly name = "TRPCError";
  override readonly cause: AuthError;
  readonly code: string;
  readonly scopes: readonly string[];
  readonly path: string | undefined;

  constructor(cause: AuthError, scopes: readonly string[], path: string | undefined) {
    super(cause.message, { cause });
    this.cause = cause;
    this.code = codeOf(cause.reason).name;
    this.scopes = scopes;
    this.path = path;
  }
}

export interface ClaimsCall extends ProtectOptions {
  /**
   * The procedure's path, as tRPC gives it to a middleware. With it the caller learns that the resolver has not run, and that the
   * same call may be sent again with a new token (`error.data.retry`); without it nobody repeats anything.
   */
  path?: string;
}

/**
 * The claims of a call's bearer token, for a middleware:
 *
 * ```ts
 * export const protectedProcedure = t.procedure.use(async ({ ctx, path, next }) =>
 *   next({ ctx: { claims: await requireClaims(verifier, ctx.authorization, { path }) } }),
 * );
 * ```
 *
 * Does not check: who owns what is asked for.
 *
 * @param authorization The request's `Authorization` header, or what stands for none.
 * @throws an error of tRPC whose cause is the AuthError: `token_missing` | `token_malformed` | `token_invalid` |
 *   `token_expired` | `token_revoked` | `insufficient_scope` | `keys_unavailable` | `revocations_unknown`
 */
export async function requireClaims(
  verifier: Pick<AccessTokenVerifier, "verify">,
  authorization: string | null | undefined,
  call: ClaimsCall = {},
): Promise<AccessTokenClaims> {
  const scopes = checkScopes(call);
  try {
    return await claimsFrom(verifier, authorization, scopes);
  } catch (error) {
    throw isAuthError(error) ? new BearerRefusal(error, scopes, call.path) : error;
  }
}

interface ErrorShape {
  code: number;
  message: string;
  data: { path?: string };
}

/**
 * The `errorFormatter`: a refusal gets its reason in `error.data.reason`, and `retry` where a new token may be the remedy. Every
 * other error keeps the shape that tRPC gave it.
 */
export function formatAuthError<Shape extends ErrorShape>({ error, shape }: { error: Error; shape: Shape }) {
  const { cause } = error;
  if (!isAuthError(cause)) return shape;
  const { reason } = cause;
  const { name, number, status } = codeOf(reason);
  const detail = refusalAnswer(cause).body.detail;
  // Where another procedure's resolver passes the error on, that one has run, and nothing is said.
  const mayRetry = error instanceof BearerRefusal && error.path !== undefined && error.path === shape.data.path;
  return {
    code: number,
    message: detail,
    data: {
      code: name,
      httpStatus: status,
      path: shape.data.path,
      reason,
      detail,
      ...(mayRetry && curable.has(reason) ? { retry: true } : {}),
    },
  };
}

/** The `responseMeta`: `WWW-Authenticate` and `Retry-After`, in a batch those of the first call that has them. */
export function authResponseMeta({ errors }: { errors: readonly Error[] }): { headers?: Headers } {
  for (const error of errors) {
    if (!isAuthError(error.cause)) continue;
    const { headers } = refusalAnswer(error.cause, error instanceof BearerRefusal ? error.scopes : []);
    const challenge = headers["WWW-Authenticate"];
    const retryAfter = headers["Retry-After"];
    if (challenge === undefined && retryAfter === undefined) continue;
    const sent = new Headers();
    if (challenge !== undefined) sent.set("WWW-Authenticate", challenge);
    if (retryAfter !== undefined) sent.set("Retry-After", retryAfter);
    return { headers: sent };
  }
  return {};
}

function codeOf(reason: AuthErrorReason): { name: string; number: number; status: number } {
  const { status } = httpRefusals[reason];
  return { ...(codes[status] ?? { name: "INTERNAL_SERVER_ERROR", number: -32603 }), status };
}
