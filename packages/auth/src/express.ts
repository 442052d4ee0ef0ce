// @signet/auth/express: a middleware for Express, and for whatever else hands on requests and responses of Node.js.

import { admitNodeRequest, checkScopes, type NodeRequest, type ProtectOptions } from "./admission.ts";
import type { AccessTokenClaims } from "./claims.ts";
import type { AccessTokenVerifier } from "./verify-access-token.ts";

export type { ProtectOptions } from "./admission.ts";

declare global {
  // Express's own types leave this namespace open for what middlewares add to a request.
  namespace Express {
    interface Request {
      /** What the access token says, behind `protect` of `@signet/auth/express`. */
      claims?: AccessTokenClaims;
    }
  }
}

/** As much of a response as is needed. */
interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/**
 * Lets only valid access tokens through; their claims are `request.claims`. Everything else is answered here: 401 with
 * `WWW-Authenticate`, 403 for a missing scope, 503 while keys or revocations are not known, 400 for two `Authorization` lines.
 *
 * Does not check: who owns what is asked for.
 */
export function protect(verifier: Pick<AccessTokenVerifier, "verify">, options: ProtectOptions = {}) {
  const scopes = checkScopes(options);
  return async (
    request: NodeRequest & { claims?: AccessTokenClaims },
    response: NodeResponse,
    next: (error?: unknown) => void,
  ): Promise<void> => {
    const admission = await admitNodeRequest(verifier, request, scopes).catch((error: unknown) => ({ error }));
    if ("error" in admission) {
      // Express 4 does not look at what a middleware's promise comes to.
      next(admission.error);
    } else if ("claims" in admission) {
      request.claims = admission.claims;
      next();
    } else {
      const { status, headers, body } = admission.refusal;
      response.statusCode = status;
      response.setHeader("Content-Type", "application/json; charset=utf-8");
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.end(JSON.stringify(body));
    }
  };
}
