// Results of procedures that JSON, transformers or streams treat in a way of their own.

export const resultKinds = [
  "undefined",
  "null",
  "zero",
  "negative zero",
  "not a number",
  "false",
  "empty string",
  "date",
  "bigint",
  "nested bigint",
  "circular",
  "function",
  "symbol",
  "map",
  "bytes",
  "toJSON",
  "toJSON throws",
  "toJSON gives undefined",
  "unserialisable",
  "array",
  "array of promises",
  "promise inside",
  "rejected promise inside",
  "thenable inside",
  "async iterable",
  "async iterable inside",
  "deep promise",
  "getter throws",
  "own __proto__",
  "unicode",
  "large",
  "error object",
  "response-like",
] as const;

export function awkwardResult(kind: (typeof resultKinds)[number]): unknown {
  const results: Record<typeof kind, () => unknown> = {
    undefined: () => undefined,
    null: () => null,
    zero: () => 0,
    "negative zero": () => -0,
    "not a number": () => Number.NaN,
    false: () => false,
    "empty string": () => "",
    date: () => new Date(0),
    bigint: () => 10n,
    "nested bigint": () => ({ list: [1n] }),
    circular: () => {
      const value: Record<string, unknown> = {};
      value["self"] = value;
      return value;
    },
    function: () => () => "called",
    symbol: () => Symbol("mark"),
    map: () => new Map([["key", "value"]]),
    bytes: () => new Uint8Array([1, 2, 3]),
    toJSON: () => ({ toJSON: (key: string) => `as JSON under ${key}` }),
    "toJSON throws": () => ({
      toJSON: () => {
        throw new Error("no JSON of me");
      },
    }),
    "toJSON gives undefined": () => ({ toJSON: () => undefined }),
    unserialisable: () => ({ unserialisable: true }),
    array: () => [1, [2, undefined], { three: undefined }],
    "array of promises": () => [Promise.resolve(1)],
    "promise inside": () => ({ now: 1, later: Promise.resolve(2) }),
    "rejected promise inside": () => {
      const later = Promise.reject(new Error("later failed"));
      // Nobody may be there to take it: that must not end the process.
      later.catch(() => undefined);
      return { later };
    },
    // oxlint-disable-next-line unicorn/no-thenable -- a thenable is the case at hand.
    "thenable inside": () => ({ later: { then: () => undefined } }),
    "async iterable": () => numbers(),
    "async iterable inside": () => ({ numbers: numbers() }),
    "deep promise": () => ({ level: { later: Promise.resolve(2) } }),
    "getter throws": () => ({
      get broken() {
        throw new Error("getter failed");
      },
    }),
    "own __proto__": () => JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'),
    unicode: () => 'ünïcödé \u{1F512} \u2028 \uD800 \u0000 "quoted" \\',
    large: () => "x".repeat(100_000),
    "error object": () => new Error("returned, not thrown"),
    "response-like": () => ({ error: { code: -1, data: { httpStatus: 418 } }, status: 500, headers: { a: "b" } }),
  };
  return results[kind]();
}

async function* numbers(): AsyncGenerator<number> {
  yield 1;
  yield 2;
}
