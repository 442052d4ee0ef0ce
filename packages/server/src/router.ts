// Who answers a request: the API by its paths, pages all else, where there are some; and what neither of them may ever see.

import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import { type Api, type Peer, refused } from "@signet/api";
import { AuthError } from "@signet/auth/errors";
import type { Logger } from "pino";
import { clientAddress, dropForwardedHeaders, isFromThisMachine } from "./client-address.ts";
import { sendRefusal } from "./send-refusal.ts";
import { cameInTheClear, httpsAddress, isHarmlessInTheClear } from "./transport.ts";

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface RouterOptions {
  trustedProxyHops: number;
  /** The public origin. Where it is https, nothing else is taken; requests are taken to be for it. */
  origin: string;
  log: Logger;
}

/** @param pages Without them, the API answers all. */
export function createRouter(api: Api, pages: NodeHandler | undefined, options: RouterOptions): NodeHandler {
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
