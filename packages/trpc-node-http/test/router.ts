// A router in which every procedure is one way to succeed, to fail or to be awkward.
import type { IncomingMessage, ServerResponse } from "node:http";
import { initTRPC, lazy, TRPCError, tracked } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { z } from "zod";
import { awkwardResult, resultKinds } from "./awkward-results.ts";
import { shownContext } from "./behaviour.ts";
import { awkwardThrow, formatted, throwKinds } from "./failures.ts";
import { type CallRecord, shown } from "./record.ts";
import { wrappingTransformer } from "./transformer.ts";

export type TestContext = {
  marker?: string | undefined;
  request?: IncomingMessage | undefined;
  response?: ServerResponse | undefined;
};

export type RouterOptions = { record: CallRecord; transforms?: boolean; formatsErrors?: boolean };

export type TestRouter = ReturnType<typeof createTestRouter>;

export const errorCodes = Object.keys(TRPC_ERROR_CODES_BY_KEY) as (keyof typeof TRPC_ERROR_CODES_BY_KEY)[];
const errorCode = z.enum(errorCodes);

export function createTestRouter({ record, transforms = false, formatsErrors = false }: RouterOptions) {
  const t = initTRPC
    .context<TestContext>()
    .meta<{ label?: string }>()
    .create({
      isDev: false,
      ...(transforms && { transformer: wrappingTransformer }),
      ...(formatsErrors && { errorFormatter: formatted }),
    });

  const procedure = t.procedure.use(({ ctx, path, type, batchIndex, signal, input, meta, next }) => {
    record.add("middleware", {
      path,
      type,
      batchIndex,
      input: shown(input),
      meta: shown(meta),
      ctx: shownContext(ctx),
      signal: signal instanceof AbortSignal && !signal.aborted,
    });
    return next({ ctx: { see: (seen: unknown) => record.add("procedure", { path, input: shown(seen) }) } });
  });
  const echoed = procedure.input(z.unknown());

  const inner = t.router({
    hello: procedure.query(({ ctx }) => (ctx.see("lazy"), "hello from a lazy router")),
    save: echoed.mutation(({ ctx, input }) => (ctx.see(input), { saved: input })),
    deeper: lazy(async () => t.router({ hello: procedure.query(() => "hello from deeper") })),
  });

  return t.router({
    // Names that exist on every object, that hold separators, or that look like other things.
    toString: procedure.query(() => "not a method"),
    hasOwnProperty: procedure.query(() => "no method either"),
    "with,comma": procedure.query(() => "comma"),
    "with/slash": procedure.query(() => "slash"),
    "with space": procedure.query(() => "space"),
    grüße: procedure.query(() => "umlaut"),
    "100%": procedure.query(() => "percent"),
    "": procedure.query(() => "the empty name"),

    greeting: procedure
      .meta({ label: "greets" })
      .input(z.strictObject({ name: z.string().max(20) }))
      .query(({ ctx, input }) => (ctx.see(input), { text: `hello ${input.name}` })),
    nothing: procedure.query(({ ctx }) => ctx.see("no input")),
    ping: procedure.mutation(({ ctx }) => (ctx.see("no input"), "pong")),
    echo: echoed.query(({ ctx, input }) => (ctx.see(input), input)),
    users: t.router({
      save: echoed.mutation(({ ctx, input }) => (ctx.see(input), { saved: input })),
      rename: procedure
        .input(z.object({ id: z.number() }))
        .input(z.object({ name: z.string().optional() }))
        .mutation(({ ctx, input }) => (ctx.see(input), input)),
    }),

    fails: procedure.input(errorCode).query(({ input: code }) => {
      throw new TRPCError({ code, message: `failed as ${code}`, cause: { reason: "made up" } });
    }),
    failsToSave: procedure.input(errorCode).mutation(({ input: code }) => {
      throw new TRPCError({ code });
    }),
    failsWith: procedure.input(z.string()).query(({ input: message }) => {
      throw new Error(message);
    }),
    throws: procedure.input(z.enum(throwKinds)).query(({ input: kind }) => awkwardThrow(kind)),
    gives: procedure.input(z.enum(resultKinds)).query(({ input: kind }) => awkwardResult(kind)),
    givesAfterSaving: procedure.input(z.enum(resultKinds)).mutation(({ input: kind }) => awkwardResult(kind)),
    refusesItsOutput: procedure.output(z.number()).query(() => "not a number" as unknown as number),
    guarded: procedure
      .use(() => {
        throw new TRPCError({ code: "UNAUTHORIZED", message: "Could not validate credentials" });
      })
      .query(() => "never reached"),
    rawInputTwice: procedure
      .use(async ({ getRawInput, next }) => {
        const [first, second] = await Promise.all([getRawInput(), getRawInput()]);
        record.add("raw input", { input: shown(first), same: first === second });
        return next({ input: { replaced: first } });
      })
      .input(z.unknown())
      .mutation(({ ctx, input }) => (ctx.see(input), input)),
    setsHeaders: procedure.mutation(({ ctx }) => {
      ctx.response?.setHeader("x-from-procedure", "1");
      ctx.response?.setHeader("set-cookie", ["from=procedure"]);
      return "headers set";
    }),
    setsStatus: procedure.query(({ ctx }) => {
      if (ctx.response !== undefined) ctx.response.statusCode = 418;
      return "short and stout";
    }),
    sleeps: procedure.query(() => new Promise((resolve) => setImmediate(() => setImmediate(resolve, "slept")))),
    waits: procedure.query(({ signal }) => untilAborted(record, signal)),
    waitsToSave: echoed.mutation(({ signal }) => untilAborted(record, signal)),
    uploads: procedure.input(z.instanceof(FormData)).mutation(({ input }) => [...input.entries()].map(shown)),
    streamsIn: procedure.input(z.instanceof(ReadableStream)).mutation(async ({ input }) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of input) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks).toString("base64");
    }),
    counts: procedure.input(z.unknown()).subscription(async function* ({ ctx, input }) {
      ctx.see(input);
      yield tracked("1", { count: 1 });
      yield { count: 2 };
    }),
    observes: procedure.subscription(() =>
      observable<number>((emit) => {
        emit.next(1);
        emit.complete();
      }),
    ),
    failsToCount: procedure.subscription(async function* () {
      yield 1;
      throw new TRPCError({ code: "CONFLICT", message: "lost count" });
    }),

    later: lazy(async () => inner),
    neverThere: lazy<typeof inner>(async () => {
      throw new Error("module not found");
    }),
  });
}

/** Never ends but by the signal. */
function untilAborted(record: CallRecord, signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => {
      record.add("aborted", { reason: shown(signal.reason instanceof DOMException) });
      reject(new TRPCError({ code: "CLIENT_CLOSED_REQUEST" }));
    });
    record.add("waiting", { signal: signal instanceof AbortSignal });
  });
}
