// @signet/auth/hono: a middleware for Hono.

import { admit, checkScopes, type ProtectOptions } from "./admission.ts";
import type { AccessTokenClaims } from "./claims.ts";
import type { AccessTokenVerifier } from "./verify-access-token.ts";

export type { ProtectOptions } from "./admission.ts";

/** For `new Hono<{ Variables: ClaimsVariables }>()`, so that `c.get("claims")` has its type. */
export interface ClaimsVariables {
  claims: AccessTokenClaims;
}

/** As much of Hono's context as is needed. */
interface HonoContext {
  req: { raw: Request };
  set(key: "claims", value: AccessTokenClaims): void;
}

/**
 * Lets only valid access tokens through; their claims are `c.get("claims")`. Everything else is answered here, as
 * `@signet/auth/fetch` does.
 *
 * Does not check: who owns what is asked for.
 */
export function protect(verifier: Pick<AccessTokenVerifier, "verify">, options: ProtectOptions = {}) {
  const scopes = checkScopes(options);
  return async (c: HonoContext, next: () => Promise<void>): Promise<Response | undefined> => {
    const admission = await admit(verifier, c.req.raw.headers.get("Authorization"), scopes);
    if ("claims" in admission) {
      c.set("claims", admission.claims);
      await next();
      return undefined;
    }
    const { status, headers, body } = admission.refusal;
    return Response.json(body, { status, headers });
  };
}
