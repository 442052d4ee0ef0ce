// What the adapter takes from tRPC beyond its documented exports. A version that changes one of these fails here first.
import { createRequire } from "node:module";
import { callTRPCProcedure, getTRPCErrorShape, initTRPC, lazy, TRPCError, transformTRPCResponse } from "@trpc/server";
import { getHTTPStatusCode } from "@trpc/server/http";
import { expect, it } from "vitest";
import { z } from "zod";
import { wrappingTransformer } from "./transformer.ts";

const t = initTRPC.context<{ who: string }>().create({ isDev: false, transformer: wrappingTransformer });

const inner = t.router({
  late: t.procedure.query(() => "late"),
  deeper: t.router({ later: t.procedure.query(() => 1) }),
});

const router = t.router({
  greet: t.procedure.input(z.object({ name: z.string() })).query((options) => options),
  users: { save: t.procedure.mutation(() => "saved") },
  ticks: t.procedure.subscription(async function* () {
    yield 1;
  }),
  slow: lazy(async () => inner),
});

/** A procedure as the adapter calls it: tRPC's types tell of `_def` only. */
type Callable = (call: Record<string, unknown>) => Promise<unknown>;

const call = {
  path: "greet",
  getRawInput: async () => ({ name: "Ann" }),
  ctx: { who: "me" },
  type: "query" as const,
  signal: undefined,
  batchIndex: 3,
};

it("is tested against tRPC 11", () => {
  const { version } = createRequire(import.meta.url)("@trpc/server/package.json") as { version: string };
  expect(version).toMatch(/^11\./);
});

it("keeps the procedures of a router under their full paths, on an object without prototype", () => {
  const { procedures } = router._def;
  expect(Object.keys(procedures)).toEqual(["greet", "users.save", "ticks"]);
  expect(Object.getPrototypeOf(procedures)).toBeNull();
  expect("toString" in procedures).toBe(false);
});

it.each([
  ["greet", "query"],
  ["users.save", "mutation"],
  ["ticks", "subscription"],
])("has %s as a function that says it is a %s", (path, type) => {
  const procedure: unknown = Object.entries(router._def.procedures).find(([key]) => key === path)?.[1];
  expect(procedure).toBeTypeOf("function");
  expect(procedure).toHaveProperty("_def.type", type);
});

it("hands a procedure what it was called with, and resolves to what it gives", async () => {
  const procedure = router._def.procedures.greet as unknown as Callable;
  const seen = await procedure(call);
  expect(seen).toMatchObject({
    path: "greet",
    type: "query",
    ctx: { who: "me" },
    input: { name: "Ann" },
    batchIndex: 3,
  });
  expect(seen).toHaveProperty("signal", undefined);
});

it("rejects with a TRPCError what a procedure does not accept", async () => {
  const procedure = router._def.procedures.greet as unknown as Callable;
  const refused = procedure({ ...call, getRawInput: async () => ({ name: 1 }) });
  await expect(refused).rejects.toSatisfy((error) => error instanceof TRPCError && error.code === "BAD_REQUEST");
});

it("gives the same by callTRPCProcedure of the public exports", async () => {
  const direct = await (router._def.procedures.greet as unknown as Callable)(call);
  const byExport = await callTRPCProcedure({ ...call, router });
  // The one thing more that it hands on is the router it looked in; `next` is made anew for each call.
  const { router: _router, next: _next, ...same } = Object(byExport) as Record<string, unknown>;
  expect(direct).toEqual({ ...same, next: expect.any(Function) });
});

it("keeps routers that are not loaded yet aside, and their procedures with the others afterwards", async () => {
  const { _def } = t.router({ slow: lazy(async () => inner) });
  expect(Object.keys(_def.lazy)).toEqual(["slow"]);
  expect(Object.keys(_def.procedures)).toEqual([]);
  const signal = undefined;
  const late = await callTRPCProcedure({
    ...call,
    signal,
    path: "slow.late",
    router: { ...router, _def } as typeof router,
  });
  expect(late).toBe("late");
  expect(Object.keys(_def.lazy)).toEqual([]);
  expect(Object.keys(_def.procedures).toSorted()).toEqual(["slow.deeper.later", "slow.late"]);
});

it("has the transformer, in both directions, in the router's configuration", () => {
  const { transformer } = router._def._config;
  expect(transformer.input.deserialize({ as: "date", value: "1970-01-01T00:00:00.000Z" })).toEqual(new Date(0));
  expect(transformer.output.serialize(5n)).toEqual({ as: "bigint", value: "5" });
  expect(initTRPC.create()._config.transformer.output.serialize("as it is")).toBe("as it is");
});

it("writes results and errors with the transformer of the configuration it is given", () => {
  const config = router._def._config;
  expect(transformTRPCResponse(config, [{ result: { data: 5n } }])).toEqual([
    { result: { data: { as: "bigint", value: "5" } } },
  ]);
  const error = new TRPCError({ code: "CONFLICT", message: "taken" });
  const shape = getTRPCErrorShape({ config, error, type: "query", path: "greet", input: 1, ctx: { who: "me" } });
  expect(shape).toEqual({ message: "taken", code: -32009, data: { code: "CONFLICT", httpStatus: 409, path: "greet" } });
  expect(transformTRPCResponse(config, { error: shape })).toEqual({ error: { as: "json", value: shape } });
});

it("tells the status of one answer, and 207 of several that differ", () => {
  const failed = { error: { message: "", code: -32009, data: { httpStatus: 409 } } } as const;
  const done = { result: { data: 1 } };
  expect([getHTTPStatusCode(done), getHTTPStatusCode(failed), getHTTPStatusCode([done, failed])]).toEqual([
    200, 409, 207,
  ]);
});
