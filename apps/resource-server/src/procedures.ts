// The only way to build a procedure here: whoever calls it holds a valid access token, and has the scope that the operator asks
// for. Who owns what is asked for is the resolver's business, by `owner` alone.

import type { AuthError, AuthErrorReason } from "@signet/auth/errors";
import { isAuthError } from "@signet/auth/errors";
import { httpRefusals, refusalAnswer } from "@signet/auth/refusal";
import { formatAuthError, requireClaims } from "@signet/auth/trpc";
import type { AccessTokenVerifier } from "@signet/auth/verify";
import { initTRPC, TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import type { NoteStore, Owner } from "./note-store.ts";
import { errorIdOf, refusalOf } from "./refusals.ts";

export interface Context {
  verifier: Pick<AccessTokenVerifier, "verify">;
  store: NoteStore;
  /** Demanded of every token. */
  scopes: readonly string[];
  /** The request's `Authorization` header. Identity comes from nowhere else. */
  authorization: string | null;
}

/** tRPC's names for the reasons that are not about the bearer, which has its own. */
const codes: Partial<Record<AuthErrorReason, TRPCError["code"]>> = {
  input_invalid: "BAD_REQUEST",
  not_found: "NOT_FOUND",
  method_not_allowed: "METHOD_NOT_SUPPORTED",
  payload_too_large: "PAYLOAD_TOO_LARGE",
  storage_unavailable: "SERVICE_UNAVAILABLE",
  busy: "SERVICE_UNAVAILABLE",
};

const t = initTRPC.context<Context>().create({
  // Set, not left to NODE_ENV: an unset one would send stack traces to callers.
  isDev: false,
  errorFormatter: ({ error, shape }) => {
    const refusal = refusalOf(error);
    const { data: fromBearer } = formatAuthError({ error, shape });
    const mayRetry = "retry" in fromBearer && fromBearer.retry === true;
    const code = codeOf(refusal, error);
    const { reason, claim, problem, retryAfterSeconds } = refusal;
    const { status } = httpRefusals[reason];
    const errorId = errorIdOf(refusal);
    return {
      code: TRPC_ERROR_CODES_BY_KEY[code],
      // For a refused bearer the same sentence as everywhere.
      message: refusalAnswer(refusal).body.detail,
      data: {
        code,
        httpStatus: status,
        path: shape.data.path,
        reason,
        ...(claim === undefined || status === 401 ? {} : { field: claim }),
        ...(problem === undefined ? {} : { problem }),
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
        ...(errorId === undefined ? {} : { errorId }),
        ...(mayRetry ? { retry: true } : {}),
      },
    };
  },
});

export const router = t.router;

/** What a store refuses gets its code here, once. A refused bearer has it, and must stay the error that it is. */
const withCodes = t.middleware(async ({ next }) => {
  const result = await next();
  if (result.ok || !isAuthError(result.error.cause)) return result;
  const { cause } = result.error;
  const code = codes[cause.reason];
  if (code === undefined || code === result.error.code) return result;
  throw new TRPCError({ code, message: cause.message, cause });
});

export const protectedProcedure = t.procedure.use(withCodes).use(async ({ ctx, path, next }) => {
  const { verifier, authorization, scopes } = ctx;
  const claims = await requireClaims(verifier, authorization, { path, scopes });
  const owner: Owner = { issuer: claims.iss, subject: claims.sub };
  return next({ ctx: { owner } });
});

function codeOf({ reason }: AuthError, error: TRPCError): TRPCError["code"] {
  return codes[reason] ?? (reason === "internal_error" ? "INTERNAL_SERVER_ERROR" : error.code);
}
