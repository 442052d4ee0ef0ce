// Every shape that is taken from outside, whichever procedure or endpoint takes it: a new one that is open or without bounds fails
// here (SRV-03).

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { appRouter } from "../src/app-router.ts";
import { bodies } from "../src/http/bodies.ts";
import { startParams } from "../src/http/provider-start.ts";
import { createTestApi } from "./test-api.ts";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What tRPC's types do not say of a procedure. */
const declared: object = appRouter._def.procedures;
const procedures = Object.entries(declared as Record<string, { _def: { inputs: z.ZodType[] } }>);
const shapes = [
  ...procedures.flatMap(([path, { _def }]) => _def.inputs.map((schema) => [path, schema] as const)),
  ...Object.entries(bodies).map(([name, schema]) => [`the body of ${name}`, schema] as const),
  ["the address of a sign-in with a provider", startParams] as const,
];

/** What is not closed or not bounded in a schema, each with where it is. */
function looseParts(schema: JsonSchema, at = "input"): string[] {
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])] as JsonSchema[];
  if (alternatives.length > 0) return alternatives.flatMap((one) => looseParts(one, at));
  if (schema.enum !== undefined || schema.const !== undefined) return [];
  switch (schema.type) {
    case "object": {
      const members = Object.entries(schema.properties ?? {}) as [string, JsonSchema][];
      const isOpen = schema.additionalProperties !== false;
      return [
        ...(isOpen ? [`${at} takes fields that it does not know`] : []),
        ...members.flatMap(([name, member]) => looseParts(member, `${at}.${name}`)),
      ];
    }
    case "array":
      return [
        ...(schema.maxItems === undefined ? [`${at} takes any number of items`] : []),
        ...looseParts((schema.items ?? {}) as JsonSchema, `${at}[]`),
      ];
    case "string":
      return isBounded(schema) ? [] : [`${at} takes texts of any length`];
    case "number":
    case "integer":
    case "boolean":
    case "null":
      return [];
    default:
      return [`${at} takes anything`];
  }
}

/** By its length, or by a pattern for the whole of it in which nothing repeats without end. */
function isBounded({ maxLength, pattern }: JsonSchema): boolean {
  if (maxLength !== undefined) return maxLength <= 8_192;
  return (
    pattern !== undefined && /^\^.*\$$/.test(pattern) && !/[*+]|\{\d+,\}/.test(pattern.replaceAll(/\[[^\]]*\]/g, "."))
  );
}

const looseIn = (schema: z.ZodType) => looseParts(z.toJSONSchema(schema, { io: "input" }));

test("all inputs there are are looked at, and a procedure has none or one", () => {
  expect(procedures.length).toBeGreaterThan(5);
  expect(shapes.length).toBeGreaterThan(5);
  for (const [path, { _def }] of procedures) expect(_def.inputs.length, path).toBeLessThan(2);
});

test.each(shapes)("%s: refuses fields that it does not know, and every text and list has a bound", (_name, schema) => {
  expect(looseIn(schema)).toEqual([]);
});

test.each([
  ["an open object", z.object({}), "input takes fields that it does not know"],
  ["a loose object inside", z.strictObject({ a: z.looseObject({}) }), "input.a takes fields that it does not know"],
  ["a text", z.strictObject({ a: z.string().optional() }), "input.a takes texts of any length"],
  [
    "a pattern without an end",
    z.strictObject({ a: z.string().regex(/^[a-z]+$/) }),
    "input.a takes texts of any length",
  ],
  ["a pattern for a part", z.strictObject({ a: z.string().regex(/[a-z]{3}/) }), "input.a takes texts of any length"],
  ["a list", z.strictObject({ a: z.array(z.boolean()) }), "input.a takes any number of items"],
  ["a text in a list", z.strictObject({ a: z.array(z.string()).max(3) }), "input.a[] takes texts of any length"],
  ["a record", z.record(z.string().max(3), z.boolean()), "input takes fields that it does not know"],
  ["anything", z.strictObject({ a: z.unknown() }), "input.a takes anything"],
])("this test finds %s", (_name, schema, found) => {
  expect(looseIn(schema)).toEqual([found]);
});

describe("names of prototypes", () => {
  const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];

  test.each(shapes)("%s: are refused as fields, or dropped, and change nothing", (_name, schema) => {
    for (const name of names) {
      const input: unknown = JSON.parse(`{"${name}":{"isAdmin":true,"polluted":"yes"}}`);
      const { data = {} } = schema.safeParse(input);
      expect(Object.keys(data as object)).not.toContain(name);
      expect((data as { isAdmin?: boolean }).isAdmin).toBeUndefined();
      expect(({} as { polluted?: string }).polluted).toBeUndefined();
    }
  });

  test("as a method of a request are no method (405)", async () => {
    const api = await createTestApi();
    for (const method of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      expect((await api.fetch("/healthz", { method })).status, method).toBe(405);
    }
  });

  test.each(["role", "isAdmin", "sub", "scope", "__proto__x"])(
    "nobody signs up with %s of their own choosing",
    async (name) => {
      const api = await createTestApi();
      const input = { username: "ada", password: "correct horse battery staple", [name]: "admin" };
      const answer = await api.mutate("auth.signUp", input);
      expect(answer.status).toBe(400);
      expect((await answer.json()).error.data).toMatchObject({ reason: "input_invalid", problem: "unknown_field" });
    },
  );
});

describe("addresses that cannot be read", () => {
  test.each(["/api/trpc/auth.whoami%", "/api/trpc/%ff", "/api/trpc/auth.whoami,%c3?batch=1"])(
    "%s: 400, and no fault of the server (SRV-06)",
    async (path) => {
      const api = await createTestApi();
      const answer = await api.fetch(path);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ reason: "input_invalid" });
      expect(api.log.join("")).not.toContain('"level":50');
    },
  );

  test("a stream of a single call is refused as JSON, and says so", async () => {
    const api = await createTestApi();
    const answer = await api.fetch("/api/trpc/auth.whoami", { headers: { "trpc-accept": "application/jsonl" } });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("application/json");
  });
});
