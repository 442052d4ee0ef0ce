// The only ways to build a procedure. Each one says who may call it, and does what it says.

import { scopesOf } from "@signet/auth/claims";
import { AuthError } from "@signet/auth/errors";
import { initTRPC } from "@trpc/server";
import { type ProcedureMeta, procedureAccess } from "./access.ts";
import type { Context } from "./context.ts";
import { withSpan } from "./tracing.ts";
import { asTRPCError, formatRefusal, refusedBefore } from "./trpc-errors.ts";

const t = initTRPC.context<Context>().meta<ProcedureMeta>().create({
  // Set, not left to NODE_ENV: an unset one would send stack traces to callers.
  isDev: false,
  errorFormatter: formatRefusal,
});

/** Joins procedures under names. @throws TypeError when one of them does not say who may call it */
export const router: typeof t.router = (procedures) => {
  const built = t.router(procedures);
  procedureAccess(built);
  return built;
};

export const createCallerFactory = t.createCallerFactory;

/** AuthErrors become TRPCErrors here, once, so that code and status come from the table. */
function withReasons<Result extends { ok: boolean }>(path: string, work: () => Promise<Result>): Promise<Result> {
  return withSpan(path, { "rpc.system": "trpc", "rpc.method": path }, async () => {
    const result = await work();
    if ("error" in result) throw asTRPCError(result.error);
    return result;
  });
}

/** Anybody may call it. */
export const publicProcedure = t.procedure.use(({ path, next }) => withReasons(path, next)).meta({ access: "public" });

// One middleware and not two: each costs every call about as much as finding its token.
const authenticated = t.procedure.use(({ ctx, path, next }) =>
  withReasons(path, async () => {
    const claims = await ctx.authenticate().catch((error: unknown) => {
      throw refusedBefore(error, path);
    });
    return next({ ctx: { claims } });
  }),
);

/**
 * Whoever holds a valid access token may call it; `ctx.claims` are its claims.
 *
 * Does not check: scopes (`requireScope`), or who owns what is asked for (the resolver).
 *
 * @throws AuthError `token_missing` | `token_malformed` | `token_invalid` | `token_expired` | `keys_unavailable`
 */
export const protectedProcedure = authenticated.meta({ access: "protected" });

const charged = authenticated.use(async ({ ctx, next }) => {
  await ctx.chargeCall();
  return next();
});

/**
 * As `protectedProcedure`, for what asks the database: no session may do so too often, and each call of a batch counts.
 *
 * @throws AuthError `rate_limited`
 */
export const accountProcedure = charged.meta({ access: "protected" });

/**
 * As `accountProcedure`, and the session must not have ended: its row is read, so that an end counts at once and not within a
 * second. For what must be certain, at the price of a query.
 *
 * @throws AuthError `token_revoked` | `rate_limited` | `storage_unavailable`
 */
export const liveSessionProcedure = charged.meta({ access: "live session" }).use(async ({ ctx, path, next }) => {
  await ctx.requireLive().catch((error: unknown) => {
    throw refusedBefore(error, path);
  });
  return next();
});

/**
 * As `protectedProcedure`, and the token must have been granted all of these scopes.
 *
 * @throws AuthError `insufficient_scope`
 */
export function requireScope(...scopes: readonly [string, ...string[]]) {
  return authenticated.meta({ access: { scopes } }).use(({ ctx, next }) => {
    assertScopes(scopesOf(ctx.claims), scopes);
    return next();
  });
}

/** @throws AuthError `insufficient_scope` */
export function assertScopes(granted: readonly string[], needed: readonly string[]): void {
  if (needed.every((scope) => granted.includes(scope))) return;
  throw new AuthError("insufficient_scope", `This needs the scope ${needed.join(" ")}.`);
}
