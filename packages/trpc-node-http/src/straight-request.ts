// Which requests take the straight way: JSON over HTTP/1.1, procedures that are there, methods that fit. Whatever is unusual in any
// way is not recognised, and tRPC's own handler answers it.

import type { IncomingMessage } from "node:http";
import type { AnyTRPCRouter } from "@trpc/server";
import { findProcedure, type Procedure } from "./router-parts.ts";

export interface StraightRequest {
  isBatch: boolean;
  type: "query" | "mutation";
  calls: { path: string; procedure: Procedure }[];
  /** The input as it stands in the query, decoded. */
  queryInput: string | null;
}

export interface RecognitionOptions {
  router: AnyTRPCRouter;
  basePath?: string | undefined;
  allowBatching?: boolean | undefined;
  batching?: { enabled: boolean } | undefined;
  allowMethodOverride?: boolean | undefined;
  maxBatchSize?: number | undefined;
}

/** Segments that mean nothing but themselves: no escapes, no dots that move, no second slash. */
const plainTarget = /^((?:\/[\w-][\w.,-]*)+)(?:\?([^#]*))?$/;

export function recognize(request: IncomingMessage, options: RecognitionOptions): StraightRequest | undefined {
  const { router, basePath = "/" } = options;
  const { method } = request;
  if ((method !== "GET" && method !== "POST") || !hasUsualForm(request, method)) return undefined;

  const [, pathname, query = ""] = plainTarget.exec(request.url ?? "") ?? [];
  if (pathname === undefined) return undefined;
  const search = query === "" ? undefined : new URLSearchParams(query);
  if (search?.has("connectionParams")) return undefined;
  const isBatch = search?.get("batch") === "1";
  if (isBatch && !(options.allowBatching ?? options.batching?.enabled ?? true)) return undefined;

  const path = pathname.slice(basePath.length);
  const paths = isBatch ? path.split(",") : [path];
  if (isBatch && paths.length > (options.maxBatchSize ?? Number.POSITIVE_INFINITY)) return undefined;
  const calls: StraightRequest["calls"] = [];
  for (const name of paths) {
    const procedure = findProcedure(router, name);
    if (procedure === undefined) return undefined;
    calls.push({ path: name, procedure });
  }

  const type = calls[0]?.procedure._def.type;
  if (type === undefined || type === "subscription") return undefined;
  if (calls.some(({ procedure }) => procedure._def.type !== type)) return undefined;
  const fits = method === "POST" ? type === "mutation" || options.allowMethodOverride === true : type === "query";
  return fits ? { isBatch, type, calls, queryInput: search?.get("input") ?? null } : undefined;
}

/** Whether the request's address can be read, which tRPC looks at before anything else. */
export function hasAddress({ url = "", headers: { host = "localhost" } }: IncomingMessage): boolean {
  return URL.canParse(url, `http://${host}`);
}

function hasUsualForm(request: IncomingMessage, method: "GET" | "POST"): boolean {
  const { accept, host = "localhost", "content-type": contentType, "trpc-accept": trpcAccept } = request.headers;
  return (
    request.httpVersion === "1.1" &&
    // Something before us has read the body.
    !("body" in request) &&
    trpcAccept === undefined &&
    !accept?.includes("application/jsonl") &&
    (contentType?.startsWith("application/json") ?? method === "GET") &&
    isUsableHost(host)
  );
}

/** Mostly it is the one of the request before. */
let usableHost = "localhost";

function isUsableHost(host: string): boolean {
  if (host === usableHost) return true;
  // A `Request` may not have a name and password in its address.
  if (host.includes("@") || !URL.canParse(`http://${host}`)) return false;
  usableHost = host;
  return true;
}
