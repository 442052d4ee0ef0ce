// Hooks that take the answer into their own hands, or fail beyond help: the server goes on, and nobody waits for ever.
// tRPC's own handler ends the process, or leaves the request unanswered, in most of these.
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { initTRPC, TRPCError } from "@trpc/server";
import { afterEach, describe, expect, it } from "vitest";
import { createNodeHttpHandler } from "../src/index.ts";
import { type Exchange, exchange } from "./raw-http.ts";

const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

const t = initTRPC.create({
  isDev: false,
  errorFormatter({ shape, error }) {
    if (error.message === "formatter") throw new Error("formatter");
    return shape;
  },
});
const router = t.router({
  hello: t.procedure.query(() => "hello"),
  conflict: t.procedure.query(() => {
    throw new TRPCError({ code: "CONFLICT" });
  }),
  unwritable: t.procedure.query(() => 1n),
  unformattable: t.procedure.query(() => {
    throw new Error("formatter");
  }),
});

/** What the client of one request gets, and of a plain one after it. */
async function answersTo(handler: RequestListener, path: string): Promise<{ first: Exchange; errors: unknown[] }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => new Promise((resolve) => void server.close(() => resolve())));
  const { port } = server.address() as AddressInfo;
  const accept = path.includes("unwritable") ? "application/jsonl" : "*/*";
  const ask = (target: string): Promise<Exchange> => {
    const head = `GET ${target} HTTP/1.1\r\nHost: signet.test\r\nAccept: ${accept}\r\nConnection: close\r\n\r\n`;
    return exchange(port, [Buffer.from(head)], [false]);
  };
  process.on("uncaughtException", note).on("unhandledRejection", note);
  try {
    const first = await ask(path);
    // What a process dies of comes a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    return { first, errors: uncaught.splice(0) };
  } finally {
    process.off("uncaughtException", note).off("unhandledRejection", note);
  }
}

describe("a hook that has ended the response", () => {
  it.each(["/hello", "/hello,hello?batch=1"])("keeps its answer to %s: createContext", async (path) => {
    const handler = createNodeHttpHandler({
      router,
      createContext({ res }) {
        res.statusCode = 403;
        res.end("refused");
        return {};
      },
    });
    const { first, errors } = await answersTo(handler, path);
    expect(first.answers.map(({ status, body }) => [status, body])).toEqual([[403, "refused"]]);
    expect(errors).toEqual([]);
  });

  it("keeps its answer: middleware that goes on all the same", async () => {
    const handler = createNodeHttpHandler({
      router,
      middleware(_request, response, next) {
        response.end("taken");
        next();
      },
    });
    const { first, errors } = await answersTo(handler, "/hello");
    expect(first.answers.map(({ body }) => body)).toEqual(["taken"]);
    expect(errors).toEqual([]);
  });
});

describe("an answer that cannot be made", () => {
  const fails = (): never => {
    throw new Error("hook fails");
  };
  const handlers: [string, RequestListener, string][] = [
    ["onError always throws", createNodeHttpHandler({ router, onError: fails }), "/conflict"],
    ["onError always throws, in a batch", createNodeHttpHandler({ router, onError: fails }), "/hello,conflict?batch=1"],
    [
      "onError and responseMeta always throw",
      createNodeHttpHandler({ router, onError: fails, responseMeta: fails }),
      "/hello",
    ],
    [
      "the formatter always throws",
      createNodeHttpHandler({ router, createContext: () => Promise.reject(new Error("formatter")) }),
      "/unformattable",
    ],
  ];
  it.each(handlers)(
    "ends the connection, not the process, nor the patience of the client: %s",
    async (_title, handler, path) => {
      const { first, errors } = await answersTo(handler, path);
      expect(first.rest).not.toContain("<no end>");
      expect(first.answers.filter(({ status }) => status < 500)).toEqual([]);
      expect(errors).toEqual([]);
    },
  );

  it("is told as an error, where responseMeta alone always throws", async () => {
    const { first, errors } = await answersTo(createNodeHttpHandler({ router, responseMeta: fails }), "/hello");
    expect(first.answers.map(({ status }) => status)).toEqual([500]);
    expect(first.answers[0]?.body).toContain("hook fails");
    expect(errors).toEqual([]);
  });

  it.each(["/unwritable?batch=1", "/hello,unwritable?batch=1"])(
    "ends the stream that was to bring it: %s",
    async (path) => {
      const { first, errors } = await answersTo(createNodeHttpHandler({ router }), path);
      expect(first.rest).not.toContain("<no end>");
      expect(errors).toEqual([]);
    },
  );
});
