// Which addresses the API answers besides tRPC's, and to which methods. One list: what is not in it is not answered, and tests that
// try every endpoint find a new one here.

import { paths } from "./http/issuer-metadata.ts";

export const endpoints = {
  "/auth/issue-new-token": ["POST"],
  "/auth/refresh": ["POST"],
  "/auth/sign-out": ["POST"],
  "/auth/session": ["GET"],
  /** One for each provider that is configured, in place of `:provider`. */
  "/auth/oidc/:provider/start": ["GET"],
  "/auth/oidc/:provider/callback": ["GET"],
  "/api/protected": ["GET"],
  [paths.introspect]: ["POST"],
  [paths.revoke]: ["POST"],
  /** Only where there is a feed. */
  [paths.revocations]: ["GET"],
  [paths.jwks]: ["GET"],
  [paths.metadata]: ["GET"],
  "/healthz": ["GET"],
  "/readyz": ["GET"],
  "/metrics": ["GET"],
} as const;

type Path = keyof typeof endpoints;

/** Something for each address and each of its methods. */
export type ByEndpoint<Value> = { [P in Path]: Record<(typeof endpoints)[P][number], Value> | undefined };
