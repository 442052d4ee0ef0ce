// What we take from tRPC that its public exports do not name. It is all here, and test/trpc-internals.test.ts fails on the first
// version of tRPC that changes it.

import { type AnyTRPCRouter, getTRPCErrorFromUnknown, TRPCError } from "@trpc/server";

/** A procedure as tRPC's own adapters call it. */
export interface Procedure {
  (call: ProcedureCall): Promise<unknown>;
  _def: {
    type: "query" | "mutation" | "subscription";
    meta?: unknown;
    /** Middlewares, input parsers, and the resolver as the last one. */
    middlewares?: readonly Middleware[];
    /** Whether something else decides how the procedure is called. */
    experimental_caller?: boolean;
  };
}

export interface ProcedureCall {
  path: string;
  type: Procedure["_def"]["type"];
  ctx: unknown;
  getRawInput(): Promise<unknown>;
  signal: AbortSignal | undefined;
  /** Its place in the batch. */
  batchIndex: number;
  /** As far as it has been parsed. */
  input?: unknown;
}

type Middleware = (call: ProcedureCall & { meta: unknown; next: Next }) => Promise<MiddlewareResult>;
type Next = (changes?: Partial<Pick<ProcedureCall, "ctx" | "input" | "getRawInput">>) => Promise<MiddlewareResult>;
type MiddlewareResult = { ok: true; data: unknown } | { ok: false; error: TRPCError; marker: "middlewareMarker" };

/** The procedure at a path, unless it belongs to a lazy router that has not been loaded yet. */
export function findProcedure(router: AnyTRPCRouter, path: string): Procedure | undefined {
  const procedures = router._def.procedures as Record<string, Procedure>;
  return Object.hasOwn(procedures, path) ? procedures[path] : undefined;
}

/** An input as the client's data transformer wrote it, in its original form. */
export function deserializeInput(router: AnyTRPCRouter, input: unknown): unknown {
  return router._def._config.transformer.input.deserialize(input);
}

/** An output or an error's shape as the client's data transformer reads it. */
export function serializeOutput(router: AnyTRPCRouter, output: unknown): unknown {
  return router._def._config.transformer.output.serialize(output);
}

/**
 * Calls a procedure, with the same result as `procedure(call)`. tRPC is published for old engines, where copying an object takes a
 * loop; it copies several per middleware, and that is more than all the rest of a call.
 *
 * @throws TRPCError
 */
export async function callProcedure(procedure: Procedure, call: ProcedureCall): Promise<unknown> {
  const { middlewares, experimental_caller: hasOwnCaller = false, meta } = procedure._def;
  if (middlewares === undefined || hasOwnCaller) return procedure(call);
  const result = await runFrom(0, middlewares, meta, call);
  // A middleware that was not written in TypeScript may give nothing.
  if (!result) {
    throw new TRPCError({
      code: "INTERNAL_SERVER_ERROR",
      message: "No result from middlewares - did you forget to `return next()`?",
    });
  }
  if (!result.ok) throw result.error;
  return result.data;
}

async function runFrom(
  index: number,
  middlewares: readonly Middleware[],
  meta: unknown,
  call: ProcedureCall,
): Promise<MiddlewareResult> {
  const { path, type, ctx, getRawInput, signal, batchIndex, input } = call;
  // Named one by one, and joined by `assign`: engines do both several times faster than they spread.
  const next: Next = (changes) =>
    runFrom(index + 1, middlewares, meta, {
      path,
      type,
      ctx: changes?.ctx ? Object.assign({}, ctx, changes.ctx) : ctx,
      getRawInput: changes?.getRawInput ?? getRawInput,
      signal,
      batchIndex,
      input: changes !== undefined && "input" in changes ? changes.input : input,
    });
  try {
    const middleware = middlewares[index] as Middleware;
    return await middleware({ path, type, ctx, getRawInput, signal, batchIndex, input, meta, next });
  } catch (cause) {
    return { ok: false, error: getTRPCErrorFromUnknown(cause), marker: "middlewareMarker" };
  }
}
