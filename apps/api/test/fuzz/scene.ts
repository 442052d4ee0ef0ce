// What the requests of a campaign are made from: the doors of the server, people with tokens, a service with credentials.

export interface Door {
  path: string;
  methods: readonly string[];
}

export interface Procedure {
  path: string;
  type: "query" | "mutation" | "subscription";
  isPublic: boolean;
  /** The names of its input. */
  fields: readonly string[];
}

export interface Scene {
  trpcPath: string;
  /** Whether what is not the API's is answered with a page. */
  hasPages?: boolean;
  endpoints: readonly [Door, ...Door[]];
  procedures: readonly [Procedure, ...Procedure[]];
  /** Asks only, so that the token stays good. */
  asker: { token: string };
  /** Calls everything, until nothing of it is left. */
  spender: { token: string; refreshToken: string };
  bent: readonly [string, ...string[]];
  /** `Authorization` of a service. */
  client: string;
}

/** How all names begin that nobody may learn without a token. */
export const nameCanary = "canary-name-";

/** Procedures of a router with their inputs' names: a new one is there by itself. */
export function proceduresOf(router: { _def: { procedures: object } }): [Procedure, ...Procedure[]] {
  const [first, ...others] = Object.entries(router._def.procedures as Record<string, DeclaredProcedure>).map(
    ([path, { _def }]) => ({
      path,
      type: _def.type,
      isPublic: _def.meta?.access === "public",
      fields: _def.inputs.flatMap(({ shape }) => Object.keys(shape ?? {})),
    }),
  );
  if (first === undefined) throw new TypeError("The router has no procedures.");
  return [first, ...others];
}

interface DeclaredProcedure {
  _def: { type: Procedure["type"]; inputs: readonly { shape?: object }[]; meta?: { access?: unknown } };
}

/** The one that is configured. */
export const providerName = "fuzzed";

export function doorsOf(endpoints: Readonly<Record<string, readonly string[]>>): [Door, ...Door[]] {
  const [first, ...others] = Object.entries(endpoints).map(([path, methods]) => ({
    path: path.replace(":provider", providerName),
    methods,
  }));
  if (first === undefined) throw new TypeError("There are no endpoints.");
  return [first, ...others];
}
