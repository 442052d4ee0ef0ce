// The node:http server: limits, what only the socket knows, and an end that loses no request.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import { AuthError } from "@signet/auth/errors";
import { refused } from "./refusals.ts";
import type { Service } from "./service.ts";

const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
};
const defaultMaxConnections = 10_000;
const maxRequestsPerSocket = 10_000;
const maxHeaders = 100;
const idleCheckMs = 50;

/** Whoever came through a proxy is not from this machine, whatever the socket says. */
const forwardedHeaders = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

export interface HttpServer {
  server: Server;
  /** From now on each answer ends its connection, so that clients come back elsewhere. */
  announceEnd(): void;
  /** Takes no more connections, finishes what is under way, and cuts off what has not ended by then. */
  drain(cutOffAfterMs: number): Promise<void>;
}

export function createHttpServer(
  service: Service,
  { maxConnections = defaultMaxConnections }: { maxConnections?: number } = {},
): HttpServer {
  const locals = new WeakSet<IncomingMessage>();
  const listener = getRequestListener(
    (request, { incoming }) => service.handle(request, { isLocal: locals.has(incoming as IncomingMessage) }),
    {
      overrideGlobalObjects: false,
      errorHandler: (error) => (error instanceof RequestError ? refused(unreadableAddress()) : service.failed(error)),
    },
  );
  let ending = false;

  const server = createServer(limits, (request, response) => {
    setSecurityHeaders(response);
    if (ending) response.setHeader("Connection", "close");
    if (request.rawHeaders.length > 2 * maxHeaders) {
      return response.writeHead(431, { Connection: "close" }).end();
    }
    // Only origin-form targets (RFC 9112 §3.2.1).
    if (request.url?.startsWith("/") !== true) {
      return sendRefusal(response, unreadableAddress());
    }
    if (countAuthorization(request) > 1) {
      return sendRefusal(
        response,
        new AuthError("token_malformed", "There is more than one Authorization header."),
        400,
      );
    }
    if (isLocal(request)) locals.add(request);
    // Whatever name the client used: nothing here is built from it.
    request.headers.host = "localhost";
    return listener(request, response);
  });
  server.on("upgrade", (_request, socket) => socket.destroy());
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.maxConnections = maxConnections;
  server.maxRequestsPerSocket = maxRequestsPerSocket;
  // Node leaves out the rest without a word, and a proxy's header may be among it: one too many is enough to refuse them all.
  server.maxHeadersCount = maxHeaders + 1;

  return {
    server,
    announceEnd() {
      ending = true;
    },
    async drain(cutOffAfterMs) {
      ending = true;
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      // Those that are busy now are idle in a moment, and would be kept for the client's next request.
      const idleCheck = setInterval(() => server.closeIdleConnections(), idleCheckMs);
      const cutOff = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, cutOffAfterMs);
      await closed;
      clearInterval(idleCheck);
      clearTimeout(cutOff);
    },
  };
}

function unreadableAddress(): AuthError {
  return new AuthError("input_invalid", "The address cannot be read.");
}

function isLocal(request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress?.replace(/^::ffff:/i, "") ?? "";
  return (
    (address === "::1" || address.startsWith("127.")) && forwardedHeaders.every((name) => !(name in request.headers))
  );
}

/** Node keeps the first of several without a word; which one counts must not be left to chance. */
function countAuthorization(request: IncomingMessage): number {
  return request.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === "authorization").length;
}

function setSecurityHeaders(response: ServerResponse): void {
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("X-Frame-Options", "DENY");
  response.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  // Answers are for the pages that CORS names, and for no other place that could embed them.
  response.setHeader("Cross-Origin-Resource-Policy", "same-site");
}

/** A refusal before there is a `Request`; the same body as everywhere. */
async function sendRefusal(response: ServerResponse, error: AuthError, status?: number): Promise<void> {
  const answer = refused(error);
  response.writeHead(status ?? answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
}
