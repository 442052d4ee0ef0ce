import { initTRPC, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { describe, expect, test } from "vitest";
import { authResponseMeta, formatAuthError, requireClaims } from "../src/index.ts";
import { createTestApi, issuer, tampered } from "./test-api.ts";

const api = await createTestApi();
const t = initTRPC.context<{ request: Request }>().create({ isDev: false, errorFormatter: formatAuthError });
const protectedProcedure = t.procedure.use(async ({ ctx, next }) =>
  next({ ctx: { claims: await requireClaims(api.services.verifier, ctx.request.headers.get("authorization")) } }),
);
const router = t.router({
  hello: protectedProcedure.query(({ ctx }) => `hello ${ctx.claims.preferred_username}`),
  full: t.procedure.query(() => {
    throw new TRPCError({ code: "CONFLICT", message: "The room is full." });
  }),
});
const ask = (path: string, headers: Record<string, string> = {}) => {
  const request = new Request(`${issuer}/trpc/${path}`, { headers });
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

  test("keeps the shape of its own errors", async () => {
    const answer = await ask("full");
    expect(answer.status).toBe(409);
    expect((await answer.json()).error).toMatchObject({ message: "The room is full.", data: { code: "CONFLICT" } });
  });
});
