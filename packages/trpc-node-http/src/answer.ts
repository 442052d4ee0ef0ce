// Results of calls as tRPC writes them: one envelope each, one status for all, the headers of `responseMeta`. The steps and their
// order are those of tRPC's `resolveResponse`, so that hooks are called as often and with the same.

import type { ServerResponse } from "node:http";
import { type AnyTRPCRouter, getTRPCErrorShape, TRPCError } from "@trpc/server";
import { getHTTPStatusCode, type ResponseMeta, type ResponseMetaFn } from "@trpc/server/http";
import type { TRPCErrorResponse, TRPCResponse } from "@trpc/server/rpc";
import type { RequestInfo } from "./request-info.ts";
import { serializeOutput } from "./router-parts.ts";

/** What became of a call. */
export type Outcome = { data: unknown; error?: never } | { data?: never; error: TRPCError };
type Envelope = TRPCResponse<unknown, TRPCErrorResponse["error"]>;

export interface AnswerOptions<Router extends AnyTRPCRouter> {
  router: Router;
  info: RequestInfo;
  ctx: unknown;
  responseMeta: ResponseMetaFn<Router> | undefined;
}

const vary = "trpc-accept, accept";
const json = "application/json";
/** What a `Response` says of a text, where tRPC has not said anything yet. */
const text = "text/plain;charset=UTF-8";

export class Answer<Router extends AnyTRPCRouter> {
  readonly #options: AnswerOptions<Router>;
  #status = 200;
  #contentType: string;
  /** Made only where `responseMeta` has something to add. */
  #headers: Headers | undefined;

  constructor(options: AnswerOptions<Router>) {
    this.#options = options;
    this.#contentType = options.info.isBatchCall ? json : text;
  }

  /** @returns The body. */
  ofOne(outcome: Outcome): string {
    this.#contentType = json;
    if (outcome.error === undefined && isStreamLike(outcome.data)) throw streamRefused();
    const envelope = this.#envelope(outcome, 0);
    this.#head([envelope], outcome.error === undefined ? [] : [outcome.error]);
    return this.#checked(this.#write(envelope));
  }

  /** @returns The body. */
  ofBatch(outcomes: readonly Outcome[]): string {
    const sendable = outcomes.map(
      (outcome): Outcome =>
        outcome.error === undefined && isStreamLike(outcome.data) ? { error: streamRefused() } : outcome,
    );
    const envelopes = sendable.map((outcome, index) => this.#envelope(outcome, index));
    this.#head(
      envelopes,
      sendable.flatMap(({ error }) => error ?? []),
    );
    return this.#checked(this.#write(envelopes));
  }

  /** For what went wrong besides the calls: a context, a hook or a transformer that throws. @returns The body. */
  ofFailure(error: TRPCError): string {
    const envelope = { error: this.#shape(error) };
    const body = this.#write(envelope);
    this.#head([envelope], [error]);
    return this.#checked(body);
  }

  send(response: ServerResponse, body: string): void {
    // One that somebody else has set stays.
    if (response.statusCode === 200) response.statusCode = this.#status;
    if (this.#headers === undefined) {
      response.setHeader("vary", vary);
      response.setHeader("content-type", this.#contentType);
    } else {
      if (!this.#headers.has("content-type")) this.#headers.set("content-type", this.#contentType);
      for (const [name, value] of this.#headers) if (name !== "set-cookie") response.setHeader(name, value);
      const cookies = this.#headers.getSetCookie();
      if (cookies.length > 0) response.setHeader("set-cookie", cookies);
    }
    response.end(body);
  }

  #envelope({ data, error }: Outcome, index: number): Envelope {
    return error === undefined ? { result: { data } } : { error: this.#shape(error, index) };
  }

  #shape(error: TRPCError, index?: number): TRPCErrorResponse["error"] {
    const { router, info, ctx } = this.#options;
    const call = index === undefined ? undefined : info.calls[index];
    return getTRPCErrorShape({
      config: router._def._config,
      error,
      type: info.type,
      path: call?.path,
      input: call?.result(),
      ctx,
    });
  }

  #write(envelopes: Envelope | Envelope[]): string {
    return JSON.stringify(
      Array.isArray(envelopes) ? envelopes.map((one) => this.#serialized(one)) : this.#serialized(envelopes),
    );
  }

  #serialized(envelope: Envelope): unknown {
    const { router } = this.#options;
    if ("error" in envelope) return { error: serializeOutput(router, envelope.error) };
    const { data } = envelope.result as { data: unknown };
    return { result: { data: serializeOutput(router, data) } };
  }

  /** A hook may name a status that there is not, or that has no body: a `Response` refuses it. */
  #checked(body: string): string {
    const status = this.#status;
    if (status !== 200 && !(status >= 400 && status <= 599)) void new Response(body, { status });
    return body;
  }

  #head(data: Envelope[], errors: TRPCError[]): void {
    const { info, ctx, responseMeta } = this.#options;
    this.#status = errors.length === 0 ? 200 : getHTTPStatusCode(data);
    if (responseMeta === undefined) return;
    const { type, calls } = info;
    const paths = calls.map(({ path }) => path);
    // In JavaScript it may give nothing.
    const meta: ResponseMeta | undefined = responseMeta({
      ctx,
      info,
      paths,
      data,
      errors,
      eagerGeneration: false,
      type,
    });
    if (!meta) return;
    if (meta.headers !== undefined) {
      this.#headers ??= new Headers(this.#contentType === json ? { vary, "content-type": json } : { vary });
      addHeaders(this.#headers, meta.headers);
    }
    if (meta.status) this.#status = meta.status;
  }
}

function addHeaders(headers: Headers, added: NonNullable<ResponseMeta["headers"]>): void {
  if (added instanceof Headers) {
    for (const [name, value] of added) headers.append(name, value);
    return;
  }
  for (const [name, value] of Object.entries(added)) {
    if (Array.isArray(value)) for (const one of value) headers.append(name, one);
    else if (typeof value === "string") headers.set(name, value);
  }
}

function streamRefused(): TRPCError {
  return new TRPCError({
    code: "UNSUPPORTED_MEDIA_TYPE",
    message: "Cannot use stream-like response in non-streaming request - use httpBatchStreamLink",
  });
}

/** What only a stream could send: something that is still to come, as the result or as a member of it. */
function isStreamLike(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return isAsyncIterable(value) || Object.values(value).some((member) => isPromise(member) || isAsyncIterable(member));
}

function isAsyncIterable(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Symbol.asyncIterator in value;
}

function isPromise(value: unknown): boolean {
  const { then, catch: caught } = (isObjectOrFunction(value) ? value : {}) as { then?: unknown; catch?: unknown };
  return typeof then === "function" && typeof caught === "function";
}

function isObjectOrFunction(value: unknown): boolean {
  return (typeof value === "object" && value !== null && !Array.isArray(value)) || typeof value === "function";
}
