// The way of a request: path and method → endpoint. Everything under the API's paths is answered here.

import { AuthError } from "@signet/auth/errors";
import { isFailure, refusalOf } from "./auth-errors.ts";
import type { ApiServices, Peer } from "./context.ts";
import type { ByEndpoint } from "./endpoints.ts";
import { json, reasonOf, refused } from "./http/answers.ts";
import { browserCallsOf } from "./http/browser-calls.ts";
import { type ClientHandler, forClients } from "./http/client-calls.ts";
import { healthz, readyz } from "./http/health.ts";
import { introspect } from "./http/introspect.ts";
import { issueNewToken } from "./http/issue-new-token.ts";
import { issuerMetadata, paths } from "./http/issuer-metadata.ts";
import { jwks } from "./http/jwks.ts";
import { metricsFor } from "./http/metrics.ts";
import { createRouteGuard } from "./http/protect-route.ts";
import { completeProviderSignIn } from "./http/provider-callback.ts";
import { startProviderSignIn } from "./http/provider-start.ts";
import { refresh } from "./http/refresh.ts";
import { revocations } from "./http/revocations.ts";
import { revoke } from "./http/revoke.ts";
import { sessionStatus } from "./http/session-status.ts";
import { signOut } from "./http/sign-out.ts";
import { createTrpcEndpoint, type NodeTrpcEndpoint, trpcPath } from "./http/trpc.ts";
import { createMetrics } from "./metrics.ts";
import { createRevocationFeed } from "./revocation-feed.ts";
import { createServiceClients } from "./service-clients.ts";
import { withSessionLog } from "./session-log.ts";
import { createSessionRoom, withSessionRoom } from "./session-room.ts";
import { createSessionWatch } from "./session-watch.ts";
import { withSignInRoom } from "./sign-in-room.ts";
import { withRequestSpan } from "./tracing.ts";

/** The HTTP side of Signet, for any server that speaks `Request` and `Response`. */
export interface Api {
  /** Whether a path is the API's; any other is a page. */
  owns(pathname: string): boolean;

  /** Answers a request to one of these paths. Never throws: what nobody foresaw is logged, and answered with an id. */
  handle(request: Request, peer: Peer): Promise<Response>;

  /** tRPC calls on a node:http server, without a `Request` between: the same answers as `handle` gives, several times faster. */
  trpc: NodeTrpcEndpoint;

  /** Answers the requests that are held back, now and from now on. Called when the server stops. */
  releaseWaiting(): void;
}

type Endpoint = (request: Request, peer: Peer) => Response | Promise<Response>;
type Route = Partial<Record<string, Endpoint>>;

/** Never pages, so that a mistyped path gets an answer that a program can read. */
const apiPrefixes = ["/api/", "/auth/", "/.well-known/"];

export function createApi({ accounts, ...other }: ApiServices): Api {
  const { metrics = createMetrics(), log, revocationPages } = other;
  const sessionRoom = createSessionRoom();
  const inRooms = withSessionRoom(withSignInRoom(accounts), sessionRoom);
  const services: ApiServices = { ...other, accounts: withSessionLog(inRooms, log, metrics) };
  const clients = createServiceClients({
    clients: services.clients ?? [],
    log,
    onFailure: (client) => {
      metrics.countClientFailure();
      if (client !== undefined) other.audit?.record({ kind: "client_refused", detail: { client } });
    },
  });
  const feed = revocationPages && createRevocationFeed(revocationPages, services.revocations);
  const browserCalls = browserCallsOf(services);
  const watch = createSessionWatch(services.revocations);
  const trpc = createTrpcEndpoint(services, metrics);
  const protectRoute = createRouteGuard(services.verifier);
  const byEndpoint: ByEndpoint<Endpoint> = {
    "/auth/issue-new-token": { POST: (request, peer) => issueNewToken(services, request, peer) },
    "/auth/refresh": { POST: (request, peer) => refresh(services, browserCalls, request, peer) },
    "/auth/sign-out": {
      POST: (request, peer) => sessionRoom.admit(peer.address, () => signOut(services, browserCalls, request)),
    },
    "/auth/oidc/:provider/start": {
      GET: (request, peer) => startProviderSignIn(services, browserCalls, providerOf(request), request, peer),
    },
    "/auth/oidc/:provider/callback": {
      GET: (request, peer) => completeProviderSignIn(services, browserCalls, providerOf(request), request, peer),
    },
    "/auth/session": { GET: (request) => sessionStatus(services, watch, request) },
    "/api/protected": { GET: protectRoute((_request, claims) => json({ claims })) },
    [paths.introspect]: { POST: askedByClients((request) => introspect(services, request)) },
    [paths.revoke]: { POST: askedByClients((request, client) => revoke(services, request, client)) },
    [paths.revocations]: feed && { GET: forClients(clients, (request, client) => revocations(feed, request, client)) },
    [paths.jwks]: { GET: (request) => jwks(services, request) },
    [paths.metadata]: { GET: (request) => issuerMetadata(services, request) },
    "/healthz": { GET: healthz },
    "/readyz": { GET: () => readyz(services) },
    "/metrics": { GET: (request, peer) => metricsFor({ metrics, services, clients }, request, peer) },
  };
  const routes = new Map<string, Route>(
    Object.entries(byEndpoint).flatMap(([path, route]) =>
      route === undefined ? [] : inEachProvidersPlace(path).map((place) => [place, route] as const),
    ),
  );

  function inEachProvidersPlace(path: string): string[] {
    if (!path.includes(":provider")) return [path];
    return accounts.providers.list().map(({ provider }) => path.replace(":provider", provider));
  }

  function askedByClients(handler: ClientHandler): Endpoint {
    return forClients(clients, async (request, clientId) => {
      await services.budgets?.charge({ operation: "ask_about_token", clientId });
      return handler(request, clientId);
    });
  }

  async function answer(received: Request, peer: Peer): Promise<Response> {
    const request = withoutBasePath(received, services.basePath);
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(`${trpcPath}/`)) {
      return withRequestSpan(request, trpcPath, () => orRefused(() => trpc.handle(request, peer)));
    }
    const route = routes.get(pathname);
    return withRequestSpan(request, route && pathname, () =>
      orRefused(() => endpointOf(route, request.method)(request, peer)),
    );
  }

  async function orRefused(work: () => Response | Promise<Response>): Promise<Response> {
    try {
      return await work();
    } catch (error) {
      const { reason, errorId } = refusalOf(error);
      if (isFailure(reason)) services.log.error({ reason, errorId, err: error }, "failed");
      return refused(error);
    }
  }

  return {
    owns(pathname) {
      const { basePath = "" } = services;
      if (!pathname.startsWith(basePath)) return false;
      const path = pathname.slice(basePath.length);
      return routes.has(path) || apiPrefixes.some((prefix) => path.startsWith(prefix));
    },
    async handle(request, peer) {
      const preflight = browserCalls.origins.preflight(request);
      if (preflight !== undefined) return preflight;
      const response = await answer(request, peer);
      const reason = reasonOf(response);
      if (reason !== undefined) metrics.countRefusal(reason);
      return browserCalls.origins.expose(request, response);
    },
    trpc: trpc.node,
    releaseWaiting() {
      watch.release();
      feed?.release();
    },
  };
}

/** Inside, paths are as they are documented. What lies outside of the base path stays as it is, and is nowhere. */
function withoutBasePath(request: Request, basePath = ""): Request {
  const url = new URL(request.url);
  if (basePath === "" || !url.pathname.startsWith(`${basePath}/`)) return request;
  url.pathname = url.pathname.slice(basePath.length);
  return new Request(url, request);
}

function endpointOf(route: Route | undefined, method: string): Endpoint {
  if (route === undefined) return notFound;
  const used = method === "HEAD" ? "GET" : method;
  // A method may have any name, that of something every object has too.
  const endpoint = Object.hasOwn(route, used) ? route[used] : undefined;
  return endpoint ?? (() => methodNotAllowed(Object.keys(route)));
}

/** Only paths of providers that are configured come here. */
function providerOf(request: Request): string {
  return new URL(request.url).pathname.split("/")[3] ?? "";
}

function notFound(): Response {
  return refused(new AuthError("not_found", "There is nothing at this address."));
}

function methodNotAllowed(allowed: string[]): Response {
  return refused(new AuthError("method_not_allowed", `Use ${allowed.join(" or ")}.`), { Allow: allowed.join(", ") });
}
