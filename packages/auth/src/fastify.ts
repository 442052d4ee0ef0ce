// @signet/auth/fastify: a hook for Fastify.

import type { FastifyRequest } from "fastify";
import { admitNodeRequest, checkScopes, type NodeRequest, type ProtectOptions } from "./admission.ts";
import type { AccessTokenClaims } from "./claims.ts";
import type { AccessTokenVerifier } from "./verify-access-token.ts";

export type { ProtectOptions } from "./admission.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What the access token says, behind `protect` of `@signet/auth/fastify`. */
    claims?: AccessTokenClaims;
  }
}

/** As much of Fastify's reply as is needed. */
interface FastifyReply {
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(body: unknown): unknown;
}

/**
 * An `onRequest` hook (`preHandler` works as well): it runs before the body is read, and lets only valid access tokens through;
 * their claims are `request.claims`. Everything else is answered here, as `@signet/auth/express` does.
 *
 * Does not check: who owns what is asked for.
 */
export function protect(verifier: Pick<AccessTokenVerifier, "verify">, options: ProtectOptions = {}) {
  const scopes = checkScopes(options);
  return async (
    request: Pick<FastifyRequest, "claims"> & { raw: NodeRequest },
    reply: FastifyReply,
  ): Promise<unknown> => {
    const admission = await admitNodeRequest(verifier, request.raw, scopes);
    if ("claims" in admission) {
      request.claims = admission.claims;
      return undefined;
    }
    const { status, headers, body } = admission.refusal;
    reply.code(status);
    reply.headers(headers);
    reply.send(body);
    // What tells Fastify that the request ends here.
    return reply;
  };
}
