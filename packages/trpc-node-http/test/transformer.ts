// A transformer that is neither the identity nor symmetric with JSON, and that can refuse.

export type Wrapped = { as: "json" | "date" | "bigint" | "undefined"; value?: unknown };

export const wrappingTransformer = {
  input: { serialize: wrapped, deserialize: unwrapped },
  output: { serialize: wrapped, deserialize: unwrapped },
};

export function wrapped(value: unknown): Wrapped {
  if (value === undefined) return { as: "undefined" };
  if (value instanceof Date) return { as: "date", value: value.toISOString() };
  if (typeof value === "bigint") return { as: "bigint", value: value.toString() };
  if (typeof value === "object" && value !== null && "unserialisable" in value) throw new Error("cannot be wrapped");
  return { as: "json", value };
}

function unwrapped(given: unknown): unknown {
  if (typeof given !== "object" || given === null || !("as" in given)) throw new Error("not a wrapped value");
  const value = "value" in given ? given.value : undefined;
  if (given.as === "date") return new Date(String(value));
  if (given.as === "bigint") return BigInt(String(value));
  return given.as === "undefined" ? undefined : value;
}
