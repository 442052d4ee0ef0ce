// How the callbacks of one scenario behave: the same text for both servers, each with its own record.
import type { IncomingMessage, ServerResponse } from "node:http";
import { TRPCError } from "@trpc/server";
import type { TRPCRequestInfo } from "@trpc/server/http";
import type { NodeHttpHandlerOptions } from "../src/index.ts";
import { type CallRecord, shown, shownError } from "./record.ts";
import type { TestContext, TestRouter } from "./router.ts";

export const contextBehaviours = [
  "plain",
  "undefined",
  "throws error",
  "throws unauthorized",
  "throws string",
  "sets header and cookie",
  "sets status 202",
  "waits",
  "reads input",
] as const;
export const metaBehaviours = [
  "nothing",
  "undefined",
  "headers object",
  "headers array values",
  "Headers with cookies",
  "content type and vary",
  "status 418",
  "status 204",
  "status 999",
  "bad header name",
  "throws",
  "throws once",
] as const;
export const errorBehaviours = ["records", "throws once"] as const;

export type Behaviour = {
  context: (typeof contextBehaviours)[number];
  meta: (typeof metaBehaviours)[number];
  onError: (typeof errorBehaviours)[number];
};

export const plainBehaviour: Behaviour = { context: "plain", meta: "nothing", onError: "records" };

type Options = NodeHttpHandlerOptions<TestRouter>;
type Callbacks = Required<Pick<Options, "createContext" | "onError" | "responseMeta">>;

/** Callbacks that write down what they get and then do what `behaviour()` says at that moment. */
export function recordingCallbacks(record: CallRecord, behaviour: () => Behaviour): Callbacks {
  const handedToContext = new WeakSet<TRPCRequestInfo>();
  const threwFor = new WeakSet<object>();
  const throwsNow = (occasion: object): boolean => !threwFor.has(occasion) && Boolean(threwFor.add(occasion));
  return {
    async createContext({ req, res, info }) {
      handedToContext.add(info);
      record.add("createContext", { info: shownInfo(info), url: shortUrl(req), ended: res.writableEnded });
      return contextFor(behaviour().context, { req, res, info, record });
    },
    onError({ error, path, input, ctx, type, req }) {
      record.add("onError", {
        error: shownError(error),
        path: path?.slice(0, 300),
        input: shown(input),
        ctx: shownContext(ctx),
        type,
        url: shortUrl(req),
      });
      // In a stream, or without a path, tRPC's last resort may be next: an error there ends the process.
      const isStream = type === "subscription" || /jsonl/.test(`${req.headers["trpc-accept"]} ${req.headers.accept}`);
      const mayThrow = behaviour().onError === "throws once" && path !== undefined && !isStream;
      if (mayThrow && throwsNow(req)) throw new Error("onError fails");
    },
    responseMeta({ data, ctx, paths, info, type, errors, eagerGeneration }) {
      record.add("responseMeta", {
        data: shown(data),
        ctx: shownContext(ctx),
        paths: shown(paths),
        info: info === undefined ? "none" : shownInfo(info),
        sameInfoAsContext: info !== undefined && handedToContext.has(info),
        type,
        errors: errors.map(shownError),
        eagerGeneration,
      });
      return metaFor(behaviour().meta, () => throwsNow(behaviour()));
    },
  };
}

export function shownContext(context: TestContext | undefined): string {
  return context?.marker ?? shown(context);
}

/** Cut, as every call of a batch writes it down. */
function shortUrl({ url }: IncomingMessage): string | undefined {
  return url?.slice(0, 100);
}

function shownInfo(info: TRPCRequestInfo): string {
  return shown({
    type: info.type,
    isBatchCall: info.isBatchCall,
    accept: info.accept,
    calls: info.calls.map(
      (call) => `${call.batchIndex} ${call.path.slice(0, 300)} ${call.procedure?._def.type} ${shown(call.result())}`,
    ),
    href: info.url?.href,
    connectionParams: info.connectionParams,
    signal: info.signal instanceof AbortSignal && !info.signal.aborted,
  });
}

type Situation = { req: IncomingMessage; res: ServerResponse; info: TRPCRequestInfo; record: CallRecord };

async function contextFor(
  behaviour: Behaviour["context"],
  { req, res, info, record }: Situation,
): Promise<TestContext> {
  const context: TestContext = { marker: `context of ${shortUrl(req)}`, request: req, response: res };
  switch (behaviour) {
    case "undefined":
      // A JavaScript caller may well forget to return: the adapter must hand on what it got.
      return undefined as unknown as TestContext;
    case "throws error":
      throw new Error("context fails");
    case "throws unauthorized":
      throw new TRPCError({ code: "UNAUTHORIZED", message: "Could not validate credentials" });
    case "throws string":
      throw "context fails with a string";
    case "sets header and cookie":
      res.setHeader("x-from-context", "1");
      res.setHeader("set-cookie", ["from=context"]);
      res.setHeader("vary", "from-context");
      break;
    case "sets status 202":
      res.statusCode = 202;
      break;
    case "waits":
      await new Promise(setImmediate);
      break;
    case "reads input":
      for (const call of info.calls) {
        const input = await call.getRawInput().then(shown, shownError);
        record.add("read in context", { path: call.path, input, result: shown(call.result()) });
      }
      break;
    default:
  }
  return context;
}

function metaFor(behaviour: Behaviour["meta"], throwsNow: () => boolean): ReturnType<Callbacks["responseMeta"]> {
  const cookies = new Headers([
    ["Set-Cookie", "a=1; Path=/"],
    ["Set-Cookie", "b=2, 3; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
    ["X-Twice", "one"],
    ["x-twice", "two"],
  ]);
  switch (behaviour) {
    case "undefined":
      // As above: forgotten by a JavaScript caller.
      return undefined as unknown as Record<string, never>;
    case "headers object":
      return { headers: { "Cache-Control": "s-maxage=1", "set-cookie": "one=1", "x-undefined": undefined } };
    case "headers array values":
      return { headers: { "X-Many": ["1", "2"], "Set-Cookie": ["one=1", "two=2"], Vary: ["x-a", "x-b"] }, status: 203 };
    case "Headers with cookies":
      return { headers: cookies };
    case "content type and vary":
      return { headers: { "content-type": "application/json; charset=utf-8", vary: "origin" } };
    case "status 418":
      return { status: 418, headers: new Headers({ vary: "x-teapot", "content-type": "text/teapot" }) };
    case "status 204":
      return { status: 204 };
    case "status 999":
      return { status: 999 };
    case "bad header name":
      return { headers: { "no spaces allowed": "1" } };
    case "throws":
      throw new Error("responseMeta fails");
    case "throws once":
      if (throwsNow()) throw new TRPCError({ code: "CONFLICT", message: "responseMeta fails once" });
      return {};
    default:
      return {};
  }
}
