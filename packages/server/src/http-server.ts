// The node:http server: limits, the client's address, and who answers: the API by its paths, pages all else, where there are some.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { Api, Peer } from "@signet/api";
import { refused } from "@signet/api";
import { AuthError } from "@signet/auth/errors";
import type { Logger } from "pino";
import { clientAddress, dropForwardedHeaders, isFromThisMachine } from "./client-address.ts";
import { type ConnectionLimits, createConnections } from "./connections.ts";
import { securityHeaders } from "./security-headers.ts";
import { cameInTheClear, httpsAddress, isHarmlessInTheClear } from "./transport.ts";

type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

interface HttpServerOptions {
  trustedProxyHops: number;
  /** The public origin. Where it is https, nothing else is taken, and browsers are told to stay; requests are taken to be for it. */
  origin: string;
  /** Whether something behind this server takes WebSockets (the development server does, to reload pages). */
  webSockets?: boolean;
  log: Logger;
  /** Others than the usual ones, for tests. */
  limits?: Partial<Limits>;
}

const defaultLimits = {
  maxHeaderSize: 16 * 1024,
  maxHeaders: 100,
  /** Also for a connection on which nothing comes at all. */
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  keepAliveTimeoutMs: 65_000,
  checkEveryMs: 2_000,
  maxConnections: 10_000,
  maxConnectionsPerNetwork: 1_000,
  maxUnanswered: 16,
  maxRequestsPerSocket: 10_000,
  stalledMs: 15_000,
  slowMs: 120_000,
} satisfies ConnectionLimits & Record<string, number>;

type Limits = Record<keyof typeof defaultLimits, number>;

export interface HttpServer {
  server: Server;
  /** Answers come from these from now on; until then every request gets 503. Without pages, the API answers all. */
  open(api: Api, pages?: NodeHandler): void;
  /** Not ready any more, but serving; clients are told to connect anew for their next request. */
  announceEnd(): void;
  /** Takes no more connections, finishes what is under way, and cuts off what has not ended by then. */
  drain(cutOffAfterMs: number): Promise<void>;
}

const idleCheckMs = 50;

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { origin, log, trustedProxyHops, webSockets = false } = options;
  const limits: Limits = { ...defaultLimits, ...options.limits };
  let answer: NodeHandler = notYet;
  const headers = securityHeaders(origin.startsWith("https:"));
  const headersInTheClear = securityHeaders(false);
  let ending = false;
  const connections = createConnections({
    ...limits,
    // Behind a proxy all come from one address, and it is the proxy that can tell them apart.
    maxConnectionsPerNetwork: trustedProxyHops > 0 ? limits.maxConnections : limits.maxConnectionsPerNetwork,
  });
  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderSize,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.checkEveryMs,
    },
    (request, response) => {
      if (!connections.begin(request.socket, response)) return;
      for (const [name, value] of cameInTheClear(request.headers, options) ? headersInTheClear : headers) {
        response.setHeader(name, value);
      }
      if (ending) response.setHeader("Connection", "close");
      if (ending && request.url === "/readyz") return notReady(response, { process: "stopping" });
      if (request.rawHeaders.length > 2 * limits.maxHeaders) return tooManyHeaders(response);
      try {
        const answered = answer(request, response);
        if (answered instanceof Promise) answered.catch((error: unknown) => failed(response, error));
      } catch (error) {
        failed(response, error);
      }
    },
  );

  /** What nobody foresaw costs this request and no other. */
  function failed(response: ServerResponse, error: unknown): void {
    log.error({ err: error }, "failed");
    if (response.headersSent) response.destroy();
    else void sendRefusal(response, error).catch(() => response.destroy());
  }

  // No limit or timeout of the server reaches a connection that has become something else.
  if (!webSockets) server.on("upgrade", (_request, socket) => socket.destroy());
  server.on("connection", connections.add);
  server.maxRequestsPerSocket = limits.maxRequestsPerSocket;
  // Node leaves out the rest without a word, and what is left out may be what matters: one too many is enough to refuse them all.
  server.maxHeadersCount = limits.maxHeaders + 1;
  const checking = setInterval(connections.cutSlowReaders, limits.checkEveryMs);
  checking.unref();
  server.once("close", () => clearInterval(checking));
  return {
    server,
    open: (api, pages) => {
      answer = router(api, pages, options);
    },
    announceEnd: () => {
      ending = true;
    },
    drain: async (cutOffAfterMs) => {
      ending = true;
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      // Those that are busy now are idle in a moment, and would be kept for the client's next request.
      const idleCheck = setInterval(() => {
        server.closeIdleConnections();
        connections.closeUnused();
      }, idleCheckMs);
      const cutOff = setTimeout(connections.closeAll, cutOffAfterMs);
      await closed;
      clearInterval(idleCheck);
      clearTimeout(cutOff);
    },
  };
}

function router(api: Api, pages: NodeHandler | undefined, options: HttpServerOptions): NodeHandler {
  const { trustedProxyHops, origin, log } = options;
  const { host } = new URL(origin);
  const peers = new WeakMap<IncomingMessage, Peer>();
  const apiListener = getRequestListener(
    // The peer is always there; without one nobody is known.
    (request, { incoming }) => api.handle(request, peers.get(incoming as IncomingMessage) ?? { address: null }),
    {
      // Next's own Request and Response stay what they are.
      overrideGlobalObjects: false,
      errorHandler: (error) => {
        if (error instanceof RequestError) return refused(unreadableAddress());
        log.error({ err: error }, "failed");
        return refused(error);
      },
    },
  );

  return (request, response) => {
    const pathname = pathnameOf(request);
    if (pathname === undefined) return sendRefusal(response, unreadableAddress());
    if (countAuthorization(request) > 1) {
      return sendRefusal(
        response,
        new AuthError("token_malformed", "There is more than one Authorization header."),
        400,
      );
    }
    if (cameInTheClear(request.headers, options) && !isHarmlessInTheClear(request, pathname)) {
      const isPage = pages !== undefined && !api.owns(pathname);
      return answerInTheClear(response, isPage ? httpsAddress(request, origin) : undefined);
    }
    if (api.trpc.takes(request, pathname)) {
      request.headers.host = host;
      return api.trpc.handle(request, response, { address: clientAddress(request, trustedProxyHops) });
    }
    const peer = {
      address: clientAddress(request, trustedProxyHops),
      local: isFromThisMachine(request, trustedProxyHops),
    };
    dropForwardedHeaders(request);
    if (pages !== undefined && !api.owns(pathname)) {
      if (request.method !== "GET" && request.method !== "HEAD") {
        return sendRefusal(response, new AuthError("method_not_allowed", "Pages are read with GET."));
      }
      dropToken(request);
      return pages(request, response);
    }
    // Whatever name the client used, or none: addresses are built from the configured origin alone.
    request.headers.host = host;
    peers.set(request, peer);
    return apiListener(request, response);
  };
}

function unreadableAddress(): AuthError {
  return new AuthError("input_invalid", "The address cannot be read.");
}

/** Paths that are what they look like: no escapes, no dots that move. */
const plainPath = /^(?:\/[\w-][\w.,-]*)+(?=\?|$)/;

/** Only origin-form targets (RFC 9112 §3.2.1); dot segments are resolved before anybody decides by the path. */
function pathnameOf(request: IncomingMessage): string | undefined {
  const target = request.url ?? "";
  const [plain] = plainPath.exec(target) ?? [];
  if (plain !== undefined) return plain;
  // Put behind an authority, so that `//host/path` cannot name another one.
  const absolute = `http://localhost${target}`;
  return target.startsWith("/") && URL.canParse(absolute) ? new URL(absolute).pathname : undefined;
}

/**
 * A token in the query is the browser's business, which reads it from its own address bar; Next would write the query into
 * the page.
 */
function dropToken(request: IncomingMessage): void {
  const url = new URL(`http://localhost${request.url}`);
  if (!url.searchParams.has("token")) return;
  url.searchParams.delete("token");
  request.url = url.pathname + url.search;
}

const authorization = "authorization";

/** Node keeps the first of several without a word; which one counts must not be left to chance. */
function countAuthorization(request: IncomingMessage): number {
  const { rawHeaders } = request;
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === authorization.length && name.toLowerCase() === authorization) count += 1;
  }
  return count;
}

/** Nothing of the request is kept, written down or handed on. */
function answerInTheClear(response: ServerResponse, location: string | undefined): unknown {
  if (location === undefined) return sendRefusal(response, new AuthError("https_required", "Use https."));
  // Not for caches: to whoever asks for the same address by https it would be a circle.
  return response.writeHead(308, { Location: location, "Cache-Control": "no-store", "Content-Length": "0" }).end();
}

function notYet(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === "/healthz") {
    response.writeHead(200, { "Content-Type": "application/json" }).end('{"ok":true}');
    return;
  }
  response.setHeader("Retry-After", "2");
  if (request.url === "/readyz") {
    notReady(response, { start: "in progress" });
    return;
  }
  response
    .writeHead(503, { "Content-Type": "text/plain; charset=utf-8" })
    .end("Signet is starting. Try again in a moment.\n");
}

function tooManyHeaders(response: ServerResponse): void {
  response.writeHead(431, { Connection: "close" }).end();
}

function notReady(response: ServerResponse, checks: Record<string, string>): void {
  response.writeHead(503, { "Content-Type": "application/json" }).end(JSON.stringify({ ready: false, checks }));
}

/** A refusal before there is a `Request`; the same body as everywhere. */
async function sendRefusal(response: ServerResponse, error: unknown, status?: number): Promise<void> {
  const answer = refused(error);
  response.writeHead(status ?? answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
}
