// Spans for the tracer of the app that we are part of (OpenTelemetry). Where there is none, nothing is made and nothing kept.
// Names and attributes are words of ours: never an address that was typed, a name, a token or a password.

import { type Attributes, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
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
  const inside = trace.getActiveSpan() !== undefined;
  const parent = inside ? context.active() : propagation.extract(context.active(), request.headers, headersGetter);
  const method = request.method;
  const options = {
    kind: inside ? SpanKind.INTERNAL : SpanKind.SERVER,
    attributes: { "http.request.method": method, ...(route === undefined ? {} : { "http.route": route }) },
  };
  const name = route === undefined ? method : `${method} ${route}`;
  return trace.getTracer(tracerName).startActiveSpan(name, options, parent, async (span) => {
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

/** Runs a part of a request in a span. What it throws goes on, and the span says only why. */
export async function withSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
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

/** A refusal is an answer and no failure; only what answers 5xx is one. */
function noteRefusal(span: Span, reason: AuthErrorReason): void {
  span.setAttribute("error.type", reason);
  if (httpRefusals[reason].status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
}
