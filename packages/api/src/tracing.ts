// Spans for the tracer of the app that we are part of (OpenTelemetry). Where there is none, nothing is made and nothing kept.
// Names and attributes are words of ours: never an address that was typed, a name, a token or a password.

import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type Attributes,
  context,
  ProxyTracerProvider,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
} from "@opentelemetry/api";
import type { AuthErrorReason } from "@signet/auth/errors";
import { httpRefusals } from "@signet/auth/refusal";
import { refusalOf } from "./auth-errors.ts";
import { reasonOf } from "./http/answers.ts";

const tracerName = "@signet/api";
const headersGetter = {
  get: (headers: Headers, name: string) => headers.get(name) ?? undefined,
  keys: (headers: Headers) => [...headers.keys()],
};

/**
 * Runs the work of one HTTP request in a span: a child of the one that is active, or else of the caller's (W3C Trace Context).
 *
 * @param route Path as it is documented, such as `/auth/refresh`; undefined for an address where nothing is.
 */
export async function withRequestSpan(
  request: Request,
  route: string | undefined,
  answer: () => Promise<Response>,
): Promise<Response> {
  if (!isTraced()) return answer();
  return startRequestSpan(request.method, route, request.headers, headersGetter, async (span) => {
    try {
      const response = await answer();
      span.setAttribute("http.response.status_code", response.status);
      const reason = reasonOf(response);
      if (reason !== undefined) noteRefusal(span, reason);
      return response;
    } finally {
      span.end();
    }
  });
}

/** As `withRequestSpan`, for an answer that goes straight to node:http: the span ends with it. */
export function withNodeRequestSpan(
  request: IncomingMessage,
  response: ServerResponse,
  route: string,
  answer: () => void,
): void {
  if (!isTraced()) return answer();
  startRequestSpan(request.method ?? "", route, request.headers, undefined, (span) => {
    response.once("close", () => {
      span.setAttribute("http.response.status_code", response.statusCode);
      span.end();
    });
    answer();
  });
}

/** Runs a part of a request in a span. What it throws goes on, and the span says only why. */
export async function withSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  if (!isTraced()) return work();
  return trace.getTracer(tracerName).startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      noteRefusal(span, refusalOf(error).reason);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Without a tracer, spans would still take microseconds of every request. */
function isTraced(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer(tracerName) !== undefined;
}

function startRequestSpan<Carrier, T>(
  method: string,
  route: string | undefined,
  carrier: Carrier,
  getter: TextMapGetter<Carrier> | undefined,
  work: (span: Span) => T,
): T {
  const inside = trace.getActiveSpan() !== undefined;
  const parent = inside ? context.active() : propagation.extract(context.active(), carrier, getter);
  const options = {
    kind: inside ? SpanKind.INTERNAL : SpanKind.SERVER,
    attributes: { "http.request.method": method, ...(route === undefined ? {} : { "http.route": route }) },
  };
  const name = route === undefined ? method : `${method} ${route}`;
  return trace.getTracer(tracerName).startActiveSpan(name, options, parent, work);
}

/** A refusal is an answer and no failure; only what answers 5xx is one. */
function noteRefusal(span: Span, reason: AuthErrorReason): void {
  span.setAttribute("error.type", reason);
  if (httpRefusals[reason].status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
}
