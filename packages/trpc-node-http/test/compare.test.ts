// That the comparison can fail: each way in which a handler may deviate is noticed, and tRPC does not differ from itself.
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainBehaviour } from "./behaviour.ts";
import { expectSame, type Scenario } from "./compare.ts";
import { type HandlerOptions, startPair } from "./pair.ts";
import { parseAnswers } from "./raw-http.ts";
import { scenarios } from "./requests.ts";

const head =
  "POST /users.save,users.save?batch=1 HTTP/1.1\r\nHost: signet.test\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 15\r\n\r\n";
const scenario: Scenario = {
  behaviour: plainBehaviour,
  pipelined: false,
  requests: [{ head, parts: [Buffer.from(`${head}{"0":{},"1":[]}`)] }],
};

/** tRPC's handler with something done to each answer before it is written. */
const before =
  (change: (response: ServerResponse, request: IncomingMessage) => void) =>
  (given: HandlerOptions): RequestListener => {
    const handler = createHTTPHandler(given);
    return (request, response) => {
      change(response, request);
      handler(request, response);
    };
  };

const withOptions =
  (change: (given: HandlerOptions) => Partial<HandlerOptions>) =>
  (given: HandlerOptions): RequestListener =>
    createHTTPHandler({ ...given, ...change(given) });

const deviations: [string, (given: HandlerOptions) => RequestListener][] = [
  ["another status", before((response) => void (response.statusCode = 202))],
  ["one header more", before((response) => void response.setHeader("x-powered-by", "something"))],
  ["a reason of its own", before((response) => void (response.statusMessage = "Fine"))],
  ["an answer of its own", () => (_request, response) => void response.end("{}")],
  ["no answer but an end", () => (request) => void request.socket.end()],
  ["no call of createContext", withOptions(() => ({ createContext: async () => ({}) }))],
  [
    "two calls of responseMeta",
    withOptions(({ responseMeta }) => ({ responseMeta: (meta) => (responseMeta?.(meta), responseMeta?.(meta) ?? {}) })),
  ],
  [
    "other paths for responseMeta",
    withOptions(({ responseMeta }) => ({ responseMeta: (meta) => responseMeta?.({ ...meta, paths: [] }) ?? {} })),
  ],
  ["another context for the procedures", withOptions(() => ({ createContext: async () => ({ marker: "other" }) }))],
  ["a body that is cut", (given) => cutting(createHTTPHandler(given))],
];

describe("the comparison", () => {
  it("finds no difference between tRPC and itself", async () => {
    await using pair = await startPair({ createOurs: createHTTPHandler });
    const generated = scenarios({ basePath: "/", transforms: false });
    await fc.assert(
      fc.asyncProperty(generated, async (given) => void (await expectSame(pair, given))),
      { seed: 7, numRuns: 300 },
    );
  });

  it.each(deviations)("notices %s", async (_title, createOurs) => {
    await using pair = await startPair({ createOurs });
    await expect(expectSame(pair, scenario)).rejects.toThrow("ours differs from tRPC");
  });

  it("shows the request's bytes and both answers", async () => {
    await using pair = await startPair({ createOurs: before((response) => void response.setHeader("x-more", "1")) });
    const failure = expectSame(pair, scenario);
    await expect(failure).rejects.toThrow(JSON.stringify(head).slice(1, -1));
    await expect(failure).rejects.toThrow('x-more: ["1"]');
  });

  it.each(["context", "meta", "onError"])("notices when %s is not heard of an error", async (silenced) => {
    const none = {
      context: { createContext: undefined },
      meta: { responseMeta: undefined },
      onError: { onError: undefined },
    };
    const gone = Object.entries(none).find(([name]) => name === silenced)?.[1];
    await using pair = await startPair({
      createOurs: (given) => createHTTPHandler({ ...given, ...gone } as HandlerOptions),
    });
    const failing = head.replaceAll("users.save", "failsToSave");
    const requests = [{ head: failing, parts: [Buffer.from(`${failing}{"0":{},"1":[]}`)] }];
    await expect(expectSame(pair, { ...scenario, requests })).rejects.toThrow("ours differs from tRPC");
  });
});

describe("the reader of answers", () => {
  it("reads by length, by chunks and to the end, passes over 1xx, and keeps what is left over", () => {
    const bytes = Buffer.from(
      [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\r\nhi",
        "HTTP/1.1 207 Multi-Status\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        "left over",
      ].join(""),
    );
    const { answers, rest } = parseAnswers(bytes, [false, false, false, true]);
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [200, "hi"],
      [207, "abc"],
      [204, ""],
      [200, ""],
    ]);
    expect(answers[0]?.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(rest).toBe("left over");
  });
});

/** Drops what is written after the head. */
function cutting(handler: RequestListener): RequestListener {
  return (request, response) => {
    response.write = () => true;
    handler(request, response);
  };
}
