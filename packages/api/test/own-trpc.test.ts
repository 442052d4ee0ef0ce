import { AuthError } from "@signet/auth/errors";
import { initTRPC, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { describe, expect, test } from "vitest";
import { authResponseMeta, formatAuthError, requireClaims } from "../src/index.ts";
import { createTestApi, issuer, tampered } from "./test-api.ts";

const api = await createTestApi();
const t = initTRPC.context<{ request: Request }>().create({ isDev: false, errorFormatter: formatAuthError });
const { verifier } = api.services;
const protectedProcedure = t.procedure.use(async ({ ctx, path, next }) =>
  next({ ctx: { claims: await requireClaims(verifier, ctx.request.headers.get("authorization"), { path }) } }),
);
const withoutPath = t.procedure.use(async ({ ctx, next }) =>
  next({ ctx: { claims: await requireClaims(verifier, ctx.request.headers.get("authorization")) } }),
);
const inner = t.router({ secret: protectedProcedure.query(() => "secret") });
const router = t.router({
  cautious: withoutPath.query(() => "hello"),
  // Its own resolver has run by the time another procedure refuses.
  outer: t.procedure.mutation(({ ctx }) => t.createCallerFactory(inner)(ctx).secret()),
  passesOn: protectedProcedure.query(() => {
    throw new TRPCError({
      code: "UNAUTHORIZED",
      message: "from elsewhere",
      cause: new AuthError("token_expired", "The token of another service."),
    });
  }),
  hello: protectedProcedure.query(({ ctx }) => `hello ${ctx.claims.preferred_username}`),
  full: t.procedure.query(() => {
    throw new TRPCError({ code: "CONFLICT", message: "The room is full." });
  }),
});
const ask = (path: string, headers: Record<string, string> = {}, method = "GET") => {
  const request = new Request(`${issuer}/trpc/${path}`, { method, headers });
  const createContext = () => ({ request });
  return fetchRequestHandler({
    endpoint: "/trpc",
    req: request,
    router,
    createContext,
    responseMeta: authResponseMeta,
  });
};

describe("an app with a tRPC of its own", () => {
  test("knows the bearer in a procedure of its own", async () => {
    const { accessToken, username } = await api.signUp();
    const answer = await ask("hello", api.bearer(accessToken));
    expect((await answer.json()).result.data).toBe(`hello ${username}`);
  });

  test("refuses with status, reason and challenge", async () => {
    const { accessToken } = await api.signUp();
    const answer = await ask("hello", api.bearer(tampered(accessToken)));
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain('error_description="token_invalid"');
    expect((await answer.json()).error.data).toMatchObject({ code: "UNAUTHORIZED", reason: "token_invalid" });
  });

  describe("says `retry`", () => {
    const dataOf = async (answer: Promise<Response>) => (await (await answer).json()).error.data;
    const expired = async () => {
      const { accessToken } = await api.signUp();
      return api.bearer(tampered(accessToken));
    };

    test("when its middleware refused the token before the resolver ran", async () => {
      expect(await dataOf(ask("hello", await expired()))).toMatchObject({ reason: "token_invalid", retry: true });
    });

    test("not when there was no token, or the middleware did not name its procedure", async () => {
      expect(await dataOf(ask("hello"))).not.toHaveProperty("retry");
      expect(await dataOf(ask("cautious", await expired()))).not.toHaveProperty("retry");
    });

    test("not when a resolver passes a refusal on, of another procedure or of another service", async () => {
      const { accessToken } = await api.signUp();
      const passedOn = await dataOf(ask("passesOn", api.bearer(accessToken)));
      expect(passedOn).toMatchObject({ reason: "token_expired" });
      expect(passedOn).not.toHaveProperty("retry");
      const nested = await dataOf(ask("outer", { ...(await expired()), "content-type": "application/json" }, "POST"));
      expect(nested).toMatchObject({ reason: "token_invalid" });
      expect(nested).not.toHaveProperty("retry");
    });
  });

  test("keeps the shape of its own errors", async () => {
    const answer = await ask("full");
    expect(answer.status).toBe(409);
    expect((await answer.json()).error).toMatchObject({ message: "The room is full.", data: { code: "CONFLICT" } });
  });
});
