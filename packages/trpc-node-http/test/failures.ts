// Ways to throw, and an error formatter that has its own ways to fail.
import { type TRPCDefaultErrorShape, TRPCError } from "@trpc/server";

export const throwKinds = [
  "string",
  "number",
  "undefined",
  "null",
  "plain object",
  "function",
  "range error",
  "frozen error",
  "object without prototype",
  "error of another realm",
  "rejected promise",
] as const;

export function awkwardThrow(kind: (typeof throwKinds)[number]): never | Promise<never> {
  switch (kind) {
    case "string":
      throw "a string";
    case "number":
      throw 42;
    case "undefined":
      throw undefined;
    case "null":
      throw null;
    case "plain object":
      throw { message: "an object with a message", code: "FORBIDDEN" };
    case "function":
      throw () => "a function";
    case "range error":
      throw new RangeError("out of range");
    case "frozen error":
      throw Object.freeze(new Error("frozen"));
    case "object without prototype":
      throw Object.assign(Object.create(null), { reason: "no prototype" });
    case "error of another realm":
      throw Object.assign(new Error("from another copy of tRPC"), { name: "TRPCError", code: "CONFLICT" });
    default:
      return Promise.reject(new TypeError("rejected"));
  }
}

/** Messages that make the formatter below misbehave; each once, as tRPC formats the resulting error again. */
export const formatterTriggers = [
  "formatter throws",
  "teapot",
  "no data",
  "string status",
  "bigint",
  "no shape",
] as const;

type FormatterOptions = {
  error: TRPCError;
  type: string;
  path: string | undefined;
  input: unknown;
  ctx: unknown;
  shape: TRPCDefaultErrorShape;
};

export function formatted({ error, type, path, input, ctx, shape }: FormatterOptions): TRPCDefaultErrorShape {
  const seen = { type, path, input, hasContext: ctx !== undefined, cause: error.cause?.message };
  // What a formatter of JavaScript may return is wider than its type.
  const odd = (value: unknown): TRPCDefaultErrorShape => value as TRPCDefaultErrorShape;
  switch (error.message) {
    case "formatter throws":
      throw new TRPCError({ code: "NOT_IMPLEMENTED", message: "formatter failed" });
    case "teapot":
      return { ...shape, data: { ...shape.data, httpStatus: 418 } };
    case "no data":
      return odd({ message: shape.message, code: shape.code });
    case "string status":
      return odd({ ...shape, data: { httpStatus: "401" } });
    case "bigint":
      return odd({ ...shape, data: { ...shape.data, big: 1n } });
    case "no shape":
      return odd(undefined);
    default:
      return odd({ ...shape, data: { ...shape.data, seen } });
  }
}
