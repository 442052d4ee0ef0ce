// /api/trpc/*: tRPC over the Fetch API, with our limits before it and our challenges on its answers.

import { AuthError } from "@signet/auth/errors";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { appRouter } from "../app-router.ts";
import { answers, refusalOf } from "../auth-errors.ts";
import { type ApiServices, createContext, type Peer } from "../context.ts";
import { authResponseMeta } from "../trpc-errors.ts";
import { withLimitedBody } from "./limited-body.ts";

export const trpcPath = "/api/trpc";

/** A batch counts once per operation wherever something is counted; this bounds one request. */
const maxBatchSize = 30;

export async function trpc(services: ApiServices, request: Request, peer: Peer): Promise<Response> {
  assertJson(request);
  const limited = await withLimitedBody(request);
  const response = await fetchRequestHandler({
    endpoint: trpcPath,
    req: limited,
    router: appRouter,
    maxBatchSize,
    createContext: () => createContext(services, limited, peer),
    onError: ({ error, path }) => {
      const { reason, errorId } = refusalOf(error);
      const level = answers[reason].status >= 500 ? "error" : "debug";
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

/**
 * Forms can be sent from other sites without asking first; JSON cannot.
 *
 * @throws AuthError `input_invalid`
 */
function assertJson(request: Request): void {
  const type = request.headers.get("content-type");
  if (request.method === "GET" || /^application\/json *(;|$)/i.test(type ?? "")) return;
  throw new AuthError("input_invalid", "Send JSON: Content-Type: application/json.");
}
