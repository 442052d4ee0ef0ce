// GET /.well-known/oauth-authorization-server: where other services find the keys, the feed and the rest.

import type { ApiServices } from "../context.ts";
import { jwksMaxAgeSeconds } from "./jwks.ts";
import { publicDocument } from "./public-document.ts";

/** Where the endpoints are, below the base path. One list for the routes and for those who look them up. */
export const paths = {
  jwks: "/.well-known/jwks.json",
  metadata: "/.well-known/oauth-authorization-server",
  introspect: "/auth/introspect",
  revoke: "/auth/revoke",
  revocations: "/auth/revocations",
} as const;

const authMethods = ["client_secret_basic"];

/**
 * There is no authorization endpoint and no token endpoint: Signet is no OAuth server for third parties. `revocations_endpoint` is
 * a member of ours, there where a feed is.
 *
 * @see RFC 8414 §2, §3.2
 */
export function issuerMetadata(services: ApiServices, request: Request): Response {
  const { origins, issuer = origins.own, basePath = "", revocationPages } = services;
  const at = (path: string) => `${origins.own}${basePath}${path}`;
  const body = JSON.stringify({
    issuer,
    jwks_uri: at(paths.jwks),
    introspection_endpoint: at(paths.introspect),
    introspection_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint: at(paths.revoke),
    revocation_endpoint_auth_methods_supported: authMethods,
    ...(revocationPages === undefined ? {} : { revocations_endpoint: at(paths.revocations) }),
    response_types_supported: [],
  });
  return publicDocument(request, { body, contentType: "application/json", maxAgeSeconds: jwksMaxAgeSeconds });
}
