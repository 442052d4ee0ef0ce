// Two real servers over the same router: tRPC's own adapter, and ours. Whatever is sent to both must end the same.
import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { createNodeHttpHandler, type NodeHttpHandlerOptions } from "../src/index.ts";
import { type Behaviour, plainBehaviour, recordingCallbacks } from "./behaviour.ts";
import { type CallRecord, createRecord } from "./record.ts";
import { createTestRouter, type RouterOptions, type TestRouter } from "./router.ts";

export type HandlerOptions = NodeHttpHandlerOptions<TestRouter>;

export type Side = { name: string; port: number; record: CallRecord };

export type Pair = {
  theirs: Side;
  ours: Side;
  /** How the callbacks behave from now on. */
  behave: (behaviour: Behaviour) => void;
  [Symbol.asyncDispose]: () => Promise<void>;
};

export type PairOptions = {
  router?: Omit<RouterOptions, "record">;
  /** Replaces or adds handler options; gets the recording callbacks. */
  handler?: (recording: HandlerOptions) => HandlerOptions;
  server?: ServerOptions;
  /** Makes another handler in place of ours: to show that a deviation is noticed. */
  createOurs?: (given: HandlerOptions) => RequestListener;
};

export async function startPair(options: PairOptions = {}): Promise<Pair> {
  let behaviour = plainBehaviour;
  const start = async (name: string, create: (given: HandlerOptions) => RequestListener) => {
    const record = createRecord();
    const router = createTestRouter({ ...options.router, record });
    const recording = { router, ...recordingCallbacks(record, () => behaviour) };
    const server = createServer({ ...options.server }, create(options.handler?.(recording) ?? recording));
    // tRPC writes after the end when a stream fails: without this, that ends the process.
    server.prependListener("request", (_request, response) => response.on("error", () => undefined));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { server, side: { name, record, port: (server.address() as AddressInfo).port } };
  };
  const theirs = await start("tRPC", createHTTPHandler);
  const ours = await start("ours", options.createOurs ?? createNodeHttpHandler);
  return {
    theirs: theirs.side,
    ours: ours.side,
    behave: (next) => {
      behaviour = next;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([stop(theirs.server), stop(ours.server)]);
    },
  };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
