// /api/trpc/*: tRPC with our limits before it and our challenges on its answers: over the Fetch API for any server, and the
// straight way for node:http.

import type { IncomingMessage, ServerResponse } from "node:http";
import { AuthError } from "@signet/auth/errors";
import { createNodeHttpHandler } from "@signet/trpc-node-http";
import type { TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { TRPCRequestInfo } from "@trpc/server/http";
import { appRouter } from "../app-router.ts";
import { isFailure, refusalOf } from "../auth-errors.ts";
import { type ApiServices, createContext, type Peer, type RequestHeaders } from "../context.ts";
import type { Metrics } from "../metrics.ts";
import type { CallShape } from "../token-delivery.ts";
import { withNodeRequestSpan } from "../tracing.ts";
import { authResponseMeta } from "../trpc-errors.ts";
import { browserCallsOf } from "./browser-calls.ts";
import { assertJson, isJson } from "./json-body.ts";
import { maxBodyBytes, withLimitedBody } from "./limited-body.ts";

export const trpcPath = "/api/trpc";

/** A batch counts once per operation wherever something is counted; this bounds one request. */
const maxBatchSize = 30;

export interface TrpcEndpoint {
  handle(request: Request, peer: Peer): Promise<Response>;
  node: NodeTrpcEndpoint;
}

/** tRPC on a node:http server. */
export interface NodeTrpcEndpoint {
  /** Whether this is a call that can be answered here. All that is not in order is for `Api.handle`, which says why. */
  takes(request: IncomingMessage, pathname: string): boolean;
  handle(request: IncomingMessage, response: ServerResponse, peer: Peer): void;
}

export function createTrpcEndpoint(services: ApiServices, metrics: Metrics): TrpcEndpoint {
  const { origins } = browserCallsOf(services);
  const basePath = `${services.basePath ?? ""}${trpcPath}/`;
  const peers = new WeakMap<IncomingMessage, Peer>();

  function noteRefusal({ error, path }: { error: TRPCError; path: string | undefined }): void {
    const { reason, errorId } = refusalOf(error);
    metrics.countRefusal(reason);
    const level = isFailure(reason) ? "error" : "debug";
    services.log[level](
      {
        procedure: knownProcedure(path),
        reason,
        errorId,
        ...(level === "error" ? { err: error.cause ?? error } : {}),
      },
      "refused",
    );
  }

  const common = { router: appRouter, maxBatchSize, onError: noteRefusal, responseMeta };
  const answerNode = createNodeHttpHandler({
    ...common,
    basePath,
    maxBodySize: maxBodyBytes,
    // No procedure of ours stops when its caller goes away.
    abortSignals: false,
    createContext: ({ req, res, info }) =>
      createContext(services, headersOf(req), peers.get(req) ?? { address: null }, {
        shape: shapeOf(info),
        answerHeaders: { append: (name, value) => void res.appendHeader(name, value) },
      }),
  });

  return {
    async handle(request, peer) {
      if (!isReadable(new URL(request.url).pathname)) {
        throw new AuthError("input_invalid", "The address cannot be read.");
      }
      if (request.method !== "GET") assertJson(request);
      const limited = await withLimitedBody(request);
      const response = await fetchRequestHandler({
        ...common,
        endpoint: trpcPath,
        req: limited,
        createContext: ({ resHeaders, info }) =>
          createContext(services, limited, peer, { shape: shapeOf(info), answerHeaders: resHeaders }),
      });
      response.headers.set("Cache-Control", "no-store");
      response.headers.set("X-Content-Type-Options", "nosniff");
      return response;
    },
    node: {
      takes: (request, pathname) => pathname.startsWith(basePath) && isReadable(pathname) && isSmallCall(request),
      handle(request, response, peer) {
        peers.set(request, peer);
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Content-Type-Options", "nosniff");
        for (const [name, value] of origins.exposingHeaders(headersOf(request))) response.setHeader(name, value);
        withNodeRequestSpan(request, response, trpcPath, () => answerNode(request, response));
      },
    },
  };
}

type MetaOptions = Parameters<typeof authResponseMeta>[0] & {
  info?: Pick<TRPCRequestInfo, "accept" | "isBatchCall"> | undefined;
};

function responseMeta(about: MetaOptions): ReturnType<typeof authResponseMeta> {
  const { info } = about;
  const meta = authResponseMeta(about);
  // tRPC names no type where it refuses a request before it knows what is called, or for wanting a stream of a single call.
  const isNamed = info !== undefined && (info.isBatchCall || info.accept !== "application/jsonl");
  if (isNamed) return meta;
  const headers = new Headers(meta.headers);
  headers.set("Content-Type", "application/json");
  return { headers };
}

/** Whether its escapes mean something. tRPC takes what it cannot decode for a fault of the server. */
function isReadable(pathname: string): boolean {
  try {
    return !pathname.includes("%") || decodeURIComponent(pathname) !== "";
  } catch {
    return false;
  }
}

/** A call whose body, if it has one, is JSON and says how long it is. */
function isSmallCall({ method, headers }: IncomingMessage): boolean {
  if (method === "GET") return true;
  return (
    method === "POST" &&
    isJson(headers["content-type"]) &&
    Number(headers["content-length"] ?? Number.NaN) <= maxBodyBytes
  );
}

function headersOf({ headers }: IncomingMessage): RequestHeaders {
  return {
    headers: {
      get(name) {
        const value = headers[name];
        return typeof value === "string" ? value : null;
      },
    },
  };
}

/** The path as far as it is ours; what else was typed stays out of the logs. */
function knownProcedure(path: string | undefined): string | undefined {
  return path !== undefined && Object.hasOwn(appRouter._def.procedures, path) ? path : undefined;
}

/** A batch of one is a call by itself. */
function shapeOf({ calls, accept }: Pick<TRPCRequestInfo, "calls" | "accept">): CallShape {
  if (accept === "application/jsonl") return "streamed";
  return calls.length > 1 ? "batched" : "alone";
}
