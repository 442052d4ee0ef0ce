// A true tRPC server over HTTP. A test says which operations it refuses under which token; it records what came over the
// wire, and whose resolver ran.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";

interface Context {
  token: string | null;
  cookie: string | null;
  setCookie: (value: string) => void;
}

interface Input {
  id: string;
  lastEventId?: string;
}

/** A refusal by the middleware; one that a resolver passes on is not in here. */
const byMiddleware = new WeakSet<TRPCError>();

class Refusal extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

function refused(reason: string): TRPCError {
  return new TRPCError({ code: "UNAUTHORIZED", message: "Could not validate credentials", cause: new Refusal(reason) });
}

function refusedByMiddleware(reason: string): TRPCError {
  const error = refused(reason);
  byMiddleware.add(error);
  return error;
}

function idOf(value: unknown): Input {
  if (typeof value !== "object" || value === null || !("id" in value)) throw new TypeError("no id");
  return { ...value, id: String(value.id) };
}

export interface WireRequest {
  method: string;
  /** The procedures, as the address names them. */
  paths: string[];
  batched: boolean;
  authorization: string | undefined;
  cookie: string | undefined;
  url: string;
}

const t = initTRPC.context<Context & { server: ServerState }>().create({
  isDev: false,
  errorFormatter: ({ error, shape }) => ({
    ...shape,
    data: {
      code: shape.data.code,
      httpStatus: shape.data.httpStatus,
      ...(error.cause instanceof Refusal && { reason: error.cause.reason }),
      ...(byMiddleware.has(error) && { retry: true }),
    },
  }),
});

/** Everything that a test sets and reads. */
class ServerState {
  /** Whether an operation is refused under a token, and why. */
  refuses: (token: string | null, id: string) => string | undefined = () => undefined;
  /** How often each resolver ran, by id. */
  readonly ran = new Map<string, number>();
  readonly requests: WireRequest[] = [];
  /** Ends running subscriptions and generators of this token with this reason. */
  readonly ended = new Map<string, string>();
  /** Resolvers, and what they promised for later, are held back until a test lets them go. */
  gate: Promise<void> = Promise.resolve();
  laterGate: Promise<void> = Promise.resolve();
  openStreams = 0;

  assertAlive(token: string | null): void {
    const reason = this.ended.get(token ?? "");
    if (reason !== undefined) throw refusedByMiddleware(reason);
  }

  run(id: string): void {
    this.ran.set(id, (this.ran.get(id) ?? 0) + 1);
  }
}

const checked = t.procedure.input(idOf).use(({ ctx, input, next }) => {
  const reason = ctx.server.refuses(ctx.token, input.id);
  if (reason !== undefined) throw refusedByMiddleware(reason);
  ctx.server.assertAlive(ctx.token);
  return next();
});

const answer = checked.use(async ({ ctx, input, next }) => {
  await ctx.server.gate;
  ctx.server.run(input.id);
  return next();
});

const setsCookie = answer.mutation(({ ctx, input }) => {
  ctx.setCookie(`kept=${input.id}; HttpOnly; Path=/`);
  return { id: input.id, cookie: ctx.cookie };
});

export const testRouter = t.router({
  read: answer.query(({ ctx, input }) => ({ id: input.id, token: ctx.token })),
  readToo: answer.query(({ ctx, input }) => ({ id: input.id, token: ctx.token })),
  write: answer.mutation(({ ctx, input }) => ({ id: input.id, token: ctx.token })),
  /** What another service answered, passed on by a resolver. */
  passOn: answer.mutation((): string => {
    throw refused("token_expired");
  }),
  auth: t.router({ issueToken: setsCookie, signUp: setsCookie, changePassword: setsCookie, redeem: setsCookie }),
  remember: setsCookie,
  /** A value now, another one later. */
  later: answer.query(({ ctx, input }) => ({
    id: input.id,
    more: (async () => {
      await ctx.server.laterGate;
      return `more of ${input.id}`;
    })(),
  })),
  numbers: checked.query(async function* ({ ctx, input }) {
    ctx.server.run(input.id);
    for (let number = 1; ; number += 1) {
      ctx.server.assertAlive(ctx.token);
      yield number;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }),
  ticks: checked.subscription(async function* ({ ctx, input, signal }) {
    ctx.server.run(input.id);
    ctx.server.openStreams += 1;
    try {
      for (let number = Number(input.lastEventId ?? 0) + 1; ; number += 1) {
        if (signal?.aborted === true) return;
        ctx.server.assertAlive(ctx.token);
        yield tracked(String(number), { number, token: ctx.token });
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    } finally {
      ctx.server.openStreams -= 1;
    }
  }),
  /** Says nothing at all until its token has ended. */
  silence: checked.subscription(async function* ({ ctx, input, signal }) {
    ctx.server.run(input.id);
    for (;;) {
      ctx.server.assertAlive(ctx.token);
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (signal?.aborted === true) return;
      if (signal === undefined) yield "never";
    }
  }),
});

export type TestRouter = typeof testRouter;

export async function startTRPCServer() {
  const state = new ServerState();
  const handler = createHTTPHandler({
    router: testRouter,
    basePath: "/api/trpc/",
    createContext: ({ req, res }) => ({
      server: state,
      token: req.headers.authorization?.replace("Bearer ", "") ?? null,
      cookie: req.headers.cookie ?? null,
      setCookie: (value) => void res.setHeader("set-cookie", value),
    }),
  });
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    state.requests.push({
      method: request.method ?? "",
      paths: decodeURIComponent(url.pathname.replace("/api/trpc/", "")).split(","),
      batched: url.searchParams.has("batch"),
      authorization: request.headers.authorization,
      cookie: request.headers.cookie,
      url: url.href,
    });
    handler(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    state,
    baseUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    /** Holds resolvers back. @returns what lets them go. */
    hold() {
      const { promise, release } = held();
      state.gate = promise;
      return release;
    },
    /** Holds back what was promised for later. @returns what lets it go. */
    holdLater() {
      const { promise, release } = held();
      state.laterGate = promise;
      return release;
    },
    close() {
      http.closeAllConnections();
      return new Promise((resolve) => http.close(resolve));
    },
  };
}

function held(): { promise: Promise<void>; release: () => void } {
  let release = () => {};
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { promise, release: () => release() };
}
