// One line protects a route handler: any `(Request) => Response`, with or without a look at the claims.

import { type AccessTokenClaims, scopesOf } from "@signet/auth/claims";
import { isAuthError } from "@signet/auth/errors";
import type { AccessTokenVerifier } from "@signet/auth/verify";
import { authenticate } from "../context.ts";
import { assertScopes } from "../procedures.ts";
import { refused } from "./answers.ts";

export type RouteHandler = (request: Request) => Response | Promise<Response>;
export type ProtectedRouteHandler = (request: Request, claims: AccessTokenClaims) => Response | Promise<Response>;

/**
 * Wraps a route handler so that it runs only for a valid access token.
 *
 * ```ts
 * const protectRoute = createRouteGuard(verifier);
 * export const GET = protectRoute(() => Response.json({ ok: true }));                            // just a valid token
 * export const POST = protectRoute((request, claims) => Response.json({ hello: claims.sub }));  // or its claims
 * ```
 *
 * Everything else is answered here: 401 with `WWW-Authenticate: Bearer`, 403 `insufficient_scope`, 503
 * `keys_unavailable`. Anything else is not caught.
 */
export function createRouteGuard(verifier: AccessTokenVerifier) {
  return (handler: ProtectedRouteHandler, options: { scopes?: readonly string[] } = {}): RouteHandler => {
    const { scopes = [] } = options;
    return async (request) => {
      let claims: AccessTokenClaims;
      try {
        claims = await authenticate(verifier, request);
        assertScopes(scopesOf(claims), scopes);
      } catch (error) {
        if (isAuthError(error)) return refused(error);
        throw error;
      }
      return handler(request, claims);
    };
  };
}
