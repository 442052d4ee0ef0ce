import { initTRPC, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { AccessTokenClaims } from "../../src/claims.ts";
import { AuthError } from "../../src/errors.ts";
import { authResponseMeta, formatAuthError, requireClaims } from "../../src/trpc.ts";
import { createScene } from "../scene.ts";
import type { Verifier } from "./adapter-scene.ts";

function createServer(verifier: Verifier) {
  const t = initTRPC
    .context<{ authorization: string | null }>()
    .create({ isDev: false, errorFormatter: formatAuthError });
  const protectedWith = (...scopes: string[]) =>
    t.procedure.use(async ({ ctx, path, next }) =>
      next({ ctx: { claims: await requireClaims(verifier, ctx.authorization, { path, scopes }) } }),
    );
  const router = t.router({
    open: t.procedure.query(() => "open"),
    whoAmI: protectedWith().query(({ ctx }) => {
      expectTypeOf(ctx.claims).toEqualTypeOf<AccessTokenClaims>();
      return ctx.claims.sub;
    }),
    add: protectedWith("notes:write").mutation(() => "added"),
    broken: t.procedure.query(() => {
      throw new TRPCError({ code: "CONFLICT", message: "Mine." });
    }),
    passesOn: t.procedure.query(async ({ ctx }): Promise<string> => {
      throw await requireClaims(verifier, ctx.authorization, { path: "whoAmI" }).catch((error: unknown) => error);
    }),
  });
  return async (path: string, authorization?: string, init: RequestInit = {}) => {
    const response = await fetchRequestHandler({
      endpoint: "/trpc",
      router,
      req: new Request(`https://notes.example/trpc/${path}`, {
        ...init,
        headers: {
          ...(init.method === "POST" ? { "Content-Type": "application/json" } : {}),
          ...(authorization === undefined ? {} : { Authorization: authorization }),
        },
      }),
      createContext: ({ req }) => ({ authorization: req.headers.get("Authorization") }),
      responseMeta: ({ errors }) => authResponseMeta({ errors }),
    });
    return { response, body: (await response.json()) as Answer };
  };
}

interface Answer {
  result?: { data: unknown };
  error?: { code: number; message: string; data: Record<string, unknown> };
}

describe("a protected procedure of one's own", () => {
  test("has the claims of a valid token, with their type", async () => {
    const { verifier, token, claims } = await createScene();
    const { body } = await createServer(verifier)("whoAmI", `Bearer ${token}`);
    expect(body.result?.data).toBe(claims.sub);
  });

  test("refuses without credentials: 401, the reason, a bare challenge, and nothing to retry", async () => {
    const { verifier } = await createScene();
    const { response, body } = await createServer(verifier)("whoAmI");
    expect(response.status).toBe(401);
    expect(response.headers.get("WWW-Authenticate")).toBe('Bearer realm="signet"');
    expect(body.error).toEqual({
      code: TRPC_ERROR_CODES_BY_KEY.UNAUTHORIZED,
      message: "Could not validate credentials",
      data: {
        code: "UNAUTHORIZED",
        httpStatus: 401,
        path: "whoAmI",
        reason: "token_missing",
        detail: "Could not validate credentials",
      },
    });
  });

  test("tells the caller of a refused token that a new one may be the remedy, as the resolver has not run", async () => {
    const { verifier, sign, claims } = await createScene();
    const expired = await sign({ ...claims, iat: 1, exp: 2, auth_time: 1 });
    const { response, body } = await createServer(verifier)("whoAmI", `Bearer ${expired}`);
    expect(body.error?.data).toMatchObject({ reason: "token_expired", retry: true });
    expect(response.headers.get("WWW-Authenticate")).toContain('error_description="token_expired"');
  });

  test("says nothing of a retry where another procedure's resolver passes the error on", async () => {
    const { verifier } = await createScene();
    const revoked = { verify: () => Promise.reject(new AuthError("token_revoked", "The token was revoked.")) };
    const { body } = await createServer(revoked)("passesOn", "Bearer x");
    expect(body.error?.data["reason"]).toBe("token_revoked");
    expect(body.error?.data).not.toHaveProperty("retry");
    expect((await createServer(verifier)("passesOn")).body.error?.data["reason"]).toBe("token_missing");
  });

  test("RS-10: refuses a missing scope with 403 and names it", async () => {
    const { verifier, token } = await createScene();
    const { response, body } = await createServer(verifier)("add", `Bearer ${token}`, { method: "POST" });
    expect(response.status).toBe(403);
    expect(response.headers.get("WWW-Authenticate")).toContain('error="insufficient_scope"');
    expect(response.headers.get("WWW-Authenticate")).toContain('scope="notes:write"');
    expect(body.error?.code).toBe(TRPC_ERROR_CODES_BY_KEY.FORBIDDEN);
    expect(body.error?.data).toEqual({
      code: "FORBIDDEN",
      httpStatus: 403,
      path: "add",
      reason: "insufficient_scope",
      detail: "This needs the scope notes:write.",
    });
  });

  test.each(["keys_unavailable", "revocations_unknown"] as const)("RS-03: answers %s with 503", async (reason) => {
    const failing = { verify: () => Promise.reject(new AuthError(reason, "Not now.", { retryAfterSeconds: 4 })) };
    const { token } = await createScene();
    const { response, body } = await createServer(failing)("whoAmI", `Bearer ${token}`);
    expect(response.status).toBe(503);
    expect(response.headers.get("Retry-After")).toBe("4");
    expect(body.error?.code).toBe(TRPC_ERROR_CODES_BY_KEY.SERVICE_UNAVAILABLE);
    expect(body.error?.data).toMatchObject({ code: "SERVICE_UNAVAILABLE", reason });
    expect(body.error?.data).not.toHaveProperty("retry");
  });

  test("leaves every other error, and every other answer, as tRPC has it", async () => {
    const { verifier } = await createScene();
    const call = createServer(verifier);
    const { body } = await call("broken");
    expect(body.error).toMatchObject({ message: "Mine.", data: { code: "CONFLICT", httpStatus: 409 } });
    expect((await call("open")).body.result?.data).toBe("open");
  });

  test("what is no refusal is an internal error, and lets nobody in", async () => {
    const failing = { verify: () => Promise.reject(new Error("a fault of the verifier")) };
    const { response, body } = await createServer(failing)("whoAmI", "Bearer abc");
    expect(response.status).toBe(500);
    expect(body.error?.data).not.toHaveProperty("reason");
  });

  test("in a batch each call has its own answer, and the header is that of the first refusal", async () => {
    const { verifier } = await createScene();
    const { response, body } = await createServer(verifier)("open,whoAmI?batch=1&input={}");
    expect(response.status).toBe(207);
    expect(response.headers.get("WWW-Authenticate")).toBe('Bearer realm="signet"');
    expect(body).toMatchObject([{ result: { data: "open" } }, { error: { data: { reason: "token_missing" } } }]);
  });
});
