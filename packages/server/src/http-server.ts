// The node:http server: its limits, what every answer says, its start and its end. Who answers is the router's.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Api } from "@signet/api";
import { AuthError } from "@signet/auth/errors";
import { type ConnectionLimits, createConnections } from "./connections.ts";
import { createRouter, type NodeHandler, type RouterOptions } from "./router.ts";
import { securityHeaders } from "./security-headers.ts";
import { sendRefusal } from "./send-refusal.ts";
import { cameInTheClear } from "./transport.ts";

interface HttpServerOptions extends RouterOptions {
  /** Whether something behind this server takes WebSockets (the development server does, to reload pages). */
  webSockets?: boolean;
  /** Others than the usual ones, for tests. */
  limits?: Partial<Limits>;
}

const defaultLimits = {
  maxHeaderSize: 16 * 1024,
  maxHeaders: 100,
  /** What endpoints read is less; this is for those that read nothing. */
  maxBodySize: 64 * 1024,
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
const bodyAfterAnswerMs = 200;
const hangUpAfterMs = 1_000;

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
      if (!hasBearableBody(request, response, limits.maxBodySize)) return;
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
      answer = createRouter(api, pages, options);
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

/**
 * Whether the body of a request is one that may come. Somebody has to take it in, also where nobody reads it: node:http, which counts nothing.
 *
 * @returns false when it was refused
 */
function hasBearableBody(request: IncomingMessage, response: ServerResponse, maxBytes: number): boolean {
  const { "transfer-encoding": coding, "content-length": length } = request.headers;
  if (Number(length ?? 0) > maxBytes) {
    return refuseBody(response, new AuthError("payload_too_large", `A request may have ${maxBytes} bytes at most.`));
  }
  if (coding === undefined) return true;
  // Any other would be read as if it were not there (RFC 9112 §6.1).
  if (coding.trim().toLowerCase() !== "chunked") {
    return refuseBody(response, new AuthError("input_invalid", "The transfer coding can only be chunked."));
  }
  // Its length is not known: what has not come soon after the answer is not taken in.
  response.once("finish", () => {
    if (request.complete) return;
    setTimeout(() => request.complete || hangUp(request.socket), bodyAfterAnswerMs).unref();
  });
  return true;
}

function refuseBody(response: ServerResponse, error: AuthError): false {
  response.setHeader("Connection", "close");
  void sendRefusal(response, error).catch(() => response.destroy());
  return false;
}

/** Ends a connection on which more comes than anybody reads, and leaves the other side the time to read the answer. */
function hangUp(socket: Socket): void {
  socket.end();
  // After node:http, which would read on and throw away.
  setImmediate(() => socket.pause());
  setTimeout(() => socket.destroy(), hangUpAfterMs).unref();
}

function tooManyHeaders(response: ServerResponse): void {
  response.writeHead(431, { Connection: "close" }).end();
}

function notReady(response: ServerResponse, checks: Record<string, string>): void {
  response.writeHead(503, { "Content-Type": "application/json" }).end(JSON.stringify({ ready: false, checks }));
}
