// tRPC over node:http by the straight way: read, call, write. No `Request`, no `Response`, no streams, for calls that need none; all
// else is answered by tRPC's own handler, and on the wire nobody can tell which one it was.

import type { IncomingMessage, ServerResponse } from "node:http";
import { type AnyTRPCRouter, getTRPCErrorFromUnknown, getTRPCErrorShape, transformTRPCResponse } from "@trpc/server";
import { type CreateHTTPHandlerOptions, createHTTPHandler } from "@trpc/server/adapters/standalone";
import type { TRPCRequestInfo } from "@trpc/server/http";
import { Answer, type Outcome } from "./answer.ts";
import { atEndOfTurn } from "./end-of-turn.ts";
import { createInputs, readBody } from "./inputs.ts";
import { RequestInfo } from "./request-info.ts";
import { callProcedure } from "./router-parts.ts";
import { hasAddress, recognize, type StraightRequest } from "./straight-request.ts";

export type NodeHttpHandlerOptions<Router extends AnyTRPCRouter> = CreateHTTPHandlerOptions<Router> & {
  /**
   * Whether procedures get an `AbortSignal`, aborted when the client goes away. Default true. One takes several microseconds to make:
   * say false where no procedure and no middleware looks at `signal`.
   */
  abortSignals?: boolean;
};

/**
 * Makes the request listener of a `node:http` server for a tRPC router: what `createHTTPHandler` of tRPC's standalone adapter makes,
 * with the same options and the same answers, several times faster for queries and mutations in JSON, alone or in batches.
 *
 * Differences that can be seen: answers have a `Content-Length` instead of chunks; a signal is not aborted any more once the
 * answer is sent; a procedure that waits for a body whose client has gone away gets an error instead of waiting for ever.
 */
export function createNodeHttpHandler<Router extends AnyTRPCRouter>(
  options: NodeHttpHandlerOptions<Router>,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { middleware, ...own } = options;
  const byTRPC = createHTTPHandler(own as CreateHTTPHandlerOptions<Router>);

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const straight = recognize(request, options);
    if (straight === undefined) {
      // tRPC's handler may write after the end when a stream fails. Unheard, that error would end the process.
      response.on("error", () => undefined);
      byTRPC(request, response);
    } else void answerStraight(options, request, response, straight);
  }

  if (middleware === undefined) return handle;
  const throughMiddleware = createHTTPHandler(options);
  return (request, response) => {
    if (!hasAddress(request)) return throughMiddleware(request, response);
    /** What goes wrong before us is tRPC's to tell. */
    const failed = (before: typeof middleware) =>
      createHTTPHandler({ ...options, middleware: before })(request, response);
    try {
      middleware(request, response, (error?: unknown) => {
        if (error) failed((_request, _response, next) => next(error));
        else handle(request, response);
      });
    } catch (error) {
      failed(() => {
        throw error;
      });
    }
  };
}

async function answerStraight<Router extends AnyTRPCRouter>(
  options: NodeHttpHandlerOptions<Router>,
  request: IncomingMessage,
  response: ServerResponse,
  straight: StraightRequest,
): Promise<void> {
  try {
    const send = await answer(options, request, response, straight);
    atEndOfTurn(() => {
      try {
        send();
      } catch (cause) {
        fail(options, request, response, cause);
      }
    });
  } catch (cause) {
    fail(options, request, response, cause);
  }
}

/** Everything but the sending. */
async function answer<Router extends AnyTRPCRouter>(
  options: NodeHttpHandlerOptions<Router>,
  request: IncomingMessage,
  response: ServerResponse,
  straight: StraightRequest,
): Promise<() => void> {
  const { router, createContext, onError, responseMeta, abortSignals = true } = options;
  const { isBatch, type } = straight;
  const body = request.method === "POST" ? readBody(request, options.maxBodySize ?? 0) : undefined;
  const inputs = createInputs(router, straight, body);
  const calls = straight.calls.map(({ path, procedure }, batchIndex) => ({
    path,
    procedure,
    batchIndex,
    getRawInput: () => inputs.read(batchIndex),
    result: () => inputs.known(batchIndex),
  }));
  const info = new RequestInfo(request, response, {
    isBatchCall: isBatch,
    type,
    // tRPC's type of a procedure says nothing of how it is called.
    calls: calls as unknown as TRPCRequestInfo["calls"],
  });

  let ctx: unknown;
  let contextError: { cause: unknown } | undefined;
  try {
    ctx = await createContext?.({ req: request, res: response, info });
  } catch (cause) {
    contextError = { cause: getTRPCErrorFromUnknown(cause) };
  }

  async function run({ path, procedure, batchIndex, getRawInput, result }: (typeof calls)[number]): Promise<Outcome> {
    try {
      if (contextError !== undefined) throw contextError.cause;
      const signal = abortSignals ? info.signal : undefined;
      return { data: await callProcedure(procedure, { path, getRawInput, ctx, type, signal, batchIndex }) };
    } catch (cause) {
      const error = getTRPCErrorFromUnknown(cause);
      onError?.({ error, path, input: result(), ctx, type, req: request });
      return { error };
    }
  }

  const [first] = calls;
  const written = new Answer({ router, info, ctx, responseMeta });
  let text: string;
  try {
    text =
      isBatch || first === undefined
        ? written.ofBatch(await Promise.all(calls.map(run)))
        : written.ofOne(await run(first));
  } catch (cause) {
    const error = getTRPCErrorFromUnknown(cause);
    onError?.({ error, path: undefined, input: undefined, ctx, type, req: request });
    text = written.ofFailure(error);
  }
  return () => written.send(response, text);
}

/** For what can go wrong when even an error cannot be told as it should: by a hook that throws, or an answer that was sent already. */
function fail<Router extends AnyTRPCRouter>(
  { router, onError }: NodeHttpHandlerOptions<Router>,
  request: IncomingMessage,
  response: ServerResponse,
  cause: unknown,
): void {
  try {
    const error = getTRPCErrorFromUnknown(cause);
    const about = { error, type: "unknown", path: undefined, input: undefined, ctx: undefined } as const;
    const shape = getTRPCErrorShape({ config: router._def._config, ...about });
    onError?.({ ...about, req: request });
    response.statusCode = shape.data.httpStatus;
    response.end(JSON.stringify(transformTRPCResponse(router._def._config, { error: shape })));
  } catch {
    // It has thrown again. There is nobody left to tell, and the client must not wait.
    response.destroy();
  }
}
