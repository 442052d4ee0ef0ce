// The API of Signet: procedures, plain endpoints, and what a server needs to mount them.

export { type Access, type ProcedureAccess, procedureAccess } from "./access.ts";
export { type Api, createApi } from "./api.ts";
export { type AppRouter, appRouter } from "./app-router.ts";
export { type ApiServices, authenticate, type Context, createContext, type Peer } from "./context.ts";
export { endpoints } from "./endpoints.ts";
export { json, refused } from "./http/answers.ts";
export { jwksMaxAgeSeconds } from "./http/jwks.ts";
export { createRouteGuard, type ProtectedRouteHandler, type RouteHandler } from "./http/protect-route.ts";
export { createLogger } from "./log.ts";
export { createMetrics, type Measured, type Metrics } from "./metrics.ts";
export {
  createCallerFactory,
  liveSessionProcedure,
  protectedProcedure,
  publicProcedure,
  requireScope,
  router,
} from "./procedures.ts";
export type { RevocationPages } from "./revocation-feed.ts";
export type { ServiceClient } from "./service-clients.ts";
export type { RevocationNews } from "./session-watch.ts";
export { authResponseMeta, formatAuthError, requireClaims } from "./trpc-errors.ts";
