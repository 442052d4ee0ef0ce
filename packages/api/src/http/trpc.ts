// /api/trpc/*: tRPC over the Fetch API, with our limits before it and our challenges on its answers.

import { httpRefusals } from "@signet/auth/refusal";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { TRPCRequestInfo } from "@trpc/server/http";
import { appRouter } from "../app-router.ts";
import { refusalOf } from "../auth-errors.ts";
import { type ApiServices, createContext, type Peer } from "../context.ts";
import type { Metrics } from "../metrics.ts";
import type { CallShape } from "../token-delivery.ts";
import { authResponseMeta } from "../trpc-errors.ts";
import { assertJson } from "./json-body.ts";
import { withLimitedBody } from "./limited-body.ts";

export const trpcPath = "/api/trpc";

/** A batch counts once per operation wherever something is counted; this bounds one request. */
const maxBatchSize = 30;

export async function trpc(services: ApiServices, metrics: Metrics, request: Request, peer: Peer): Promise<Response> {
  if (request.method !== "GET") assertJson(request);
  const limited = await withLimitedBody(request);
  const response = await fetchRequestHandler({
    endpoint: trpcPath,
    req: limited,
    router: appRouter,
    maxBatchSize,
    createContext: ({ resHeaders, info }) =>
      createContext(services, limited, peer, { shape: shapeOf(info), answerHeaders: resHeaders }),
    onError: ({ error, path }) => {
      const { reason, errorId } = refusalOf(error);
      metrics.countRefusal(reason);
      const level = httpRefusals[reason].status >= 500 ? "error" : "debug";
      services.log[level](
        {
          procedure: knownProcedure(path),
          reason,
          errorId,
          ...(level === "error" ? { err: error.cause ?? error } : {}),
        },
        "refused",
      );
    },
    responseMeta: authResponseMeta,
  });
  // tRPC names no type where it refuses before a procedure runs.
  if (!/json/.test(response.headers.get("content-type") ?? ""))
    response.headers.set("Content-Type", "application/json");
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Content-Type-Options", "nosniff");
  return response;
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
