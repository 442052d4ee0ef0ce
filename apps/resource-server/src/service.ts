// The way of a request: path and method → answer. Nothing here keeps or asks for a secret of the issuer.

import { parseBearer } from "@signet/auth/bearer";
import { type AccessTokenClaims, scopesOf } from "@signet/auth/claims";
import { AuthError, type AuthErrorReason } from "@signet/auth/errors";
import { httpRefusals } from "@signet/auth/refusal";
import type { RemoteVerifier } from "@signet/auth/remote";
import { authResponseMeta } from "@signet/auth/trpc";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { Logger } from "pino";
import { createCors } from "./cors.ts";
import { withLimitedBody } from "./limited-body.ts";
import { createMetrics } from "./metrics.ts";
import type { NoteStore } from "./note-store.ts";
import { errorIdOf, refusalOf, refused } from "./refusals.ts";
import { appRouter } from "./router.ts";

export interface ServiceOptions {
  verifier: RemoteVerifier;
  store: NoteStore;
  /** Web pages of these origins may call. */
  allowedOrigins: readonly string[];
  /** Demanded of every token. Default: any valid one will do. */
  requiredScopes?: readonly string[];
  log: Logger;
}

/** What only the server that took the connection knows. */
export interface Peer {
  /** Whether the request comes from this very machine, and not through a proxy on it. */
  isLocal: boolean;
}

export interface Service {
  /** Answers a request. Never throws: what nobody foresaw is logged, and answered with an id. */
  handle(request: Request, peer: Peer): Promise<Response>;
  /** Logs and counts what was thrown, and makes it an answer. */
  failed(error: unknown): Response;
  /** From now on it says that it is not ready. */
  announceEnd(): void;
}

const trpcPath = "/trpc";
const maxBatchSize = 30;
const unknown = new Set<AuthErrorReason>(["keys_unavailable", "revocations_unknown"]);

export function createService(options: ServiceOptions): Service {
  const { verifier, store, allowedOrigins, requiredScopes = [], log } = options;
  const cors = createCors(allowedOrigins);
  const metrics = createMetrics(() => verifier.status());
  let ending = false;

  const endpoints = new Map<string, (request: Request, peer: Peer) => Response | Promise<Response>>([
    ["/protected", async (request) => json({ claims: await claimsOf(request) })],
    ["/healthz", () => json({ ok: true })],
    ["/readyz", readyz],
    // Elsewhere there is nothing at this address.
    ["/metrics", (_request, { isLocal }) => (isLocal ? metrics.answer() : notFound())],
  ]);

  async function claimsOf(request: Request): Promise<AccessTokenClaims> {
    const claims = await verifier.verify(parseBearer(request.headers.get("authorization")));
    const granted = scopesOf(claims);
    if (requiredScopes.every((scope) => granted.includes(scope))) return claims;
    throw new AuthError("insufficient_scope", `This needs the scope ${requiredScopes.join(" ")}.`);
  }

  function readyz(): Response {
    const { ready, keys, revocations } = verifier.status();
    const isReady = ready && !ending;
    const checks = { keys, revocations, ...(ending ? { process: "stopping" } : {}) };
    return json({ ready: isReady, checks }, isReady ? 200 : 503);
  }

  async function answer(request: Request, peer: Peer): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(`${trpcPath}/`)) return trpc(request);
    const endpoint = endpoints.get(pathname) ?? notFound;
    if (request.method !== "GET" && request.method !== "HEAD") {
      throw new AuthError("method_not_allowed", "This is read with GET.");
    }
    return endpoint(request, peer);
  }

  async function trpc(request: Request): Promise<Response> {
    assertReadable(request);
    if (request.method !== "GET") assertJson(request);
    const limited = await withLimitedBody(request);
    const response = await fetchRequestHandler({
      endpoint: trpcPath,
      req: limited,
      router: appRouter,
      maxBatchSize,
      createContext: () => ({
        verifier,
        store,
        scopes: requiredScopes,
        authorization: limited.headers.get("authorization"),
      }),
      onError: ({ error, path }) => note(error, path),
      responseMeta: authResponseMeta,
    });
    // tRPC names no type where it refuses before a procedure runs.
    if (!/json/.test(response.headers.get("content-type") ?? "")) {
      response.headers.set("Content-Type", "application/json");
    }
    response.headers.set("Cache-Control", "no-store");
    return response;
  }

  /** Counts a refusal, and logs it: what is our fault as an error, with where it happened. */
  function note(error: unknown, path?: string): void {
    const refusal = refusalOf(error);
    const { reason } = refusal;
    metrics.refused(reason);
    const procedure = path !== undefined && Object.hasOwn(appRouter._def.procedures, path) ? path : undefined;
    const details = { procedure, reason, errorId: errorIdOf(refusal) };
    // What the verifier does not know it says once, when that begins; not for each stranger who comes meanwhile.
    if (httpRefusals[reason].status < 500 || unknown.has(reason)) log.debug(details, "refused");
    else log.error({ ...details, err: refusal.cause ?? refusal }, "failed");
  }

  function failed(error: unknown): Response {
    note(error);
    return refused(error, requiredScopes);
  }

  return {
    handle: async (request, peer) =>
      cors.preflight(request) ?? cors.expose(request, await answer(request, peer).catch(failed)),
    failed,
    announceEnd() {
      ending = true;
    },
  };
}

function notFound(): never {
  throw new AuthError("not_found", "There is nothing at this address.");
}

/** tRPC takes escapes that mean nothing for a fault of the server. */
function assertReadable(request: Request): void {
  try {
    decodeURIComponent(new URL(request.url).pathname);
  } catch {
    throw new AuthError("input_invalid", "The address cannot be read.");
  }
}

/** Forms can be sent from other sites without asking first; JSON cannot. */
function assertJson(request: Request): void {
  if (/^application\/json *(;|$)/i.test(request.headers.get("content-type") ?? "")) return;
  throw new AuthError("input_invalid", "Send JSON: Content-Type: application/json.");
}

function json(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: { "Cache-Control": "no-store" } });
}
