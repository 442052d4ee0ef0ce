// @signet/auth/fetch: protects a handler of the Fetch API, as Deno, Bun, edge platforms and Next.js call it.

import { admit, checkScopes, type ProtectOptions } from "./admission.ts";
import type { AccessTokenClaims } from "./claims.ts";
import type { AccessTokenVerifier } from "./verify-access-token.ts";

export type { ProtectOptions } from "./admission.ts";

/**
 * Wraps a handler so that it runs only for a valid access token. Everything else is answered here: 401 with
 * `WWW-Authenticate`, 403 for a missing scope, 503 while keys or revocations are not known.
 *
 * Does not check: who owns what is asked for.
 */
export function protect<Rest extends unknown[]>(
  verifier: Pick<AccessTokenVerifier, "verify">,
  handler: (request: Request, claims: AccessTokenClaims, ...rest: Rest) => Response | Promise<Response>,
  options: ProtectOptions = {},
): (request: Request, ...rest: Rest) => Promise<Response> {
  const scopes = checkScopes(options);
  return async (request, ...rest) => {
    const admission = await admit(verifier, request.headers.get("Authorization"), scopes);
    if ("claims" in admission) return handler(request, admission.claims, ...rest);
    const { status, headers, body } = admission.refusal;
    return Response.json(body, { status, headers });
  };
}
