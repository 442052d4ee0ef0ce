// Spans, with OpenTelemetry's own tracer: which there are, whose children they are, and what they never say.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { AuthError } from "@signet/auth/errors";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestApi, password, type TestApi } from "./test-api.ts";

const exporter = new InMemorySpanExporter();
let api: TestApi;
beforeAll(() => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
beforeEach(async () => {
  api = await createTestApi();
  exporter.reset();
});
afterAll(() => {
  for (const global of [trace, context, propagation]) global.disable();
});

const spans = () => exporter.getFinishedSpans();
const spanOf = (name: string) => {
  const found = spans().find((span) => span.name === name);
  if (found === undefined) throw new Error(`There is no span ${name} among ${spans().map((span) => span.name)}.`);
  return found;
};

describe("a request in an app that has a tracer", () => {
  test("is a span of its route; procedures and the verification are its children", async () => {
    const { accessToken } = await api.signUp("ada");
    exporter.reset();
    await api.query("auth.whoami", api.bearer(accessToken));
    const request = spanOf("GET /api/trpc");
    const procedure = spanOf("auth.whoami");
    expect(request.kind).toBe(SpanKind.SERVER);
    expect(request.attributes).toEqual({
      "http.request.method": "GET",
      "http.route": "/api/trpc",
      "http.response.status_code": 200,
    });
    expect(procedure.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(procedure.attributes).toEqual({ "rpc.system": "trpc", "rpc.method": "auth.whoami" });
    expect(spanOf("verify access token").parentSpanContext?.spanId).toBe(procedure.spanContext().spanId);
  });

  test("by the straight way is the same span, and ends with its answer", async () => {
    const { accessToken } = await api.signUp("ada");
    exporter.reset();
    const server = createServer((request, response) => api.api.trpc.handle(request, response, { address: null }));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const answer = await fetch(`http://127.0.0.1:${port}/api/trpc/auth.whoami`, {
      headers: { ...api.bearer(accessToken), traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    });
    await answer.text();
    server.close();
    await expect.poll(() => spans().map(({ name }) => name)).toContain("GET /api/trpc");
    const request = spanOf("GET /api/trpc");
    expect(request.kind).toBe(SpanKind.SERVER);
    expect(request.spanContext().traceId).toBe(traceId);
    expect(request.attributes).toEqual({
      "http.request.method": "GET",
      "http.route": "/api/trpc",
      "http.response.status_code": 200,
    });
    expect(spanOf("auth.whoami").parentSpanContext?.spanId).toBe(request.spanContext().spanId);
  });

  test("goes on with the trace of its caller, and inside of the span that is active", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    await api.fetch("/healthz", { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    expect(spanOf("GET /healthz").spanContext().traceId).toBe(traceId);
    exporter.reset();
    await trace.getTracer("app").startActiveSpan("outer", async (outer) => {
      await api.fetch("/healthz", { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
      outer.end();
    });
    expect(spanOf("GET /healthz").parentSpanContext?.spanId).toBe(spanOf("outer").spanContext().spanId);
    expect(spanOf("GET /healthz").kind).toBe(SpanKind.INTERNAL);
  });

  test("that is refused says why, and is no failure; one that fails is", async () => {
    await api.fetch("/api/protected");
    expect(spanOf("GET /api/protected")).toMatchObject({
      attributes: { "error.type": "token_missing", "http.response.status_code": 401 },
      status: { code: SpanStatusCode.UNSET },
    });
    await api.query("auth.whoami", api.bearer("junk"));
    expect(spanOf("auth.whoami").attributes).toMatchObject({ "error.type": "token_malformed" });

    const broken = await createTestApi({
      verifier: { verify: () => Promise.reject(new AuthError("keys_unavailable", "Not now.")) },
    });
    exporter.reset();
    await broken.fetch("/api/protected", { headers: broken.bearer("junk") });
    expect(spanOf("GET /api/protected").status.code).toBe(SpanStatusCode.ERROR);
  });

  test("leaves no password, name, token or mistyped address in any span (PWD-14, SRV-08)", async () => {
    const signUp = await api.mutate("auth.signUp", { username: "canary-name", password, refreshToken: "body" });
    const { accessToken, refreshToken } = (await signUp.json()).result.data;
    expect([accessToken, refreshToken]).toEqual([expect.any(String), expect.any(String)]);
    await api.mutate("auth.issueToken", { username: "canary-name", password: "canary password that is wrong" });
    await api.mutate("auth.refresh", { refreshToken });
    await api.query("auth.whoami", api.bearer(accessToken));
    await api.query("auth.canary-procedure", api.bearer(accessToken));
    await api.fetch("/auth/canary-path?token=canary-token");
    await api.fetch("/auth/revoke", { method: "POST", body: new URLSearchParams({ token: "canary-token" }) });
    const written = JSON.stringify(
      spans().map(({ name, attributes, status, events, links }) => ({ name, attributes, status, events, links })),
    );
    expect(spans().length).toBeGreaterThan(8);
    for (const canary of ["canary", password, accessToken, refreshToken]) expect(written).not.toContain(canary);
  });
});
