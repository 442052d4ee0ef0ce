// The inputs of the calls of one request: read and parsed once, when the first procedure asks.

import type { IncomingMessage } from "node:http";
import { type AnyTRPCRouter, TRPCError } from "@trpc/server";
import { deserializeInput } from "./router-parts.ts";
import type { StraightRequest } from "./straight-request.ts";

export interface Inputs {
  /** @throws TRPCError when the input cannot be read */
  read(index: number): Promise<unknown>;
  /** The input, if somebody has read it. */
  known(index: number): unknown;
}

type ByIndex = Record<number, unknown>;

const utf8 = new TextDecoder();
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

export function createInputs(
  router: AnyTRPCRouter,
  { isBatch, calls, queryInput }: StraightRequest,
  body: Promise<Buffer> | undefined,
): Inputs {
  let parsed: ByIndex | undefined;
  let parsing: Promise<ByIndex> | undefined;

  async function parse(): Promise<ByIndex> {
    const text = body === undefined ? queryInput : textOf(await body);
    if (text === null || (body === undefined && text === "")) return {};
    const input: unknown = JSON.parse(text);
    if (!isBatch) return { 0: deserializeInput(router, input) };
    if (!isObject(input)) {
      throw new TRPCError({
        code: "BAD_REQUEST",
        message: '"input" needs to be an object when doing a batch call',
      });
    }
    const inputs: ByIndex = {};
    for (const index of calls.keys()) {
      if (input[index] !== undefined) inputs[index] = deserializeInput(router, input[index]);
    }
    return inputs;
  }

  return {
    async read(index) {
      parsing ??= parse().catch(refuse);
      parsed = await parsing;
      return parsed[index];
    },
    known: (index) => parsed?.[index],
  };
}

function refuse(cause: unknown): never {
  if (cause instanceof TRPCError) throw cause;
  throw new TRPCError({
    code: "BAD_REQUEST",
    message: cause instanceof Error ? cause.message : "Invalid input",
    cause,
  });
}

/** As `Request.text` reads it: one mark is dropped with the bytes, and one by the decoder. */
function textOf(body: Buffer): string {
  return utf8.decode(body.subarray(0, 3).equals(byteOrderMark) ? body.subarray(3) : body);
}

function isObject(value: unknown): value is Record<number, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Collects the body of a request. What comes beyond the limit is dropped.
 *
 * @param maxBytes 0 for no limit.
 * @throws TRPCError `PAYLOAD_TOO_LARGE`, or `CLIENT_CLOSED_REQUEST` when the client went away before its end
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const body = new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (maxBytes === 0 || length <= maxBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(new TRPCError({ code: "PAYLOAD_TOO_LARGE" }));
      }
    });
    request.once("end", () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    request.once("close", () => reject(new TRPCError({ code: "CLIENT_CLOSED_REQUEST" })));
  });
  // Nobody may ever ask for it.
  body.catch(() => undefined);
  return body;
}
