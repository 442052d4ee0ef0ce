import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { procedureAccess } from "../src/access.ts";
import { appRouter } from "../src/app-router.ts";
import { createContext } from "../src/context.ts";
import {
  createCallerFactory,
  liveSessionProcedure,
  protectedProcedure,
  publicProcedure,
  requireScope,
  router,
} from "../src/procedures.ts";
import { createTestApi, issuer } from "./test-api.ts";

describe("deny by default", () => {
  test("who may call what: opening a door shows here (SRV-03)", () => {
    const table = procedureAccess(appRouter).map(
      ({ path, type, access }) => `${path} ${type} ${JSON.stringify(access)}`,
    );
    expect(table).toEqual([
      'auth.changePassword mutation "live session"',
      'auth.endSession mutation "protected"',
      'auth.issueToken mutation "public"',
      'auth.linkProvider mutation "live session"',
      'auth.listProviders query "public"',
      'auth.listSessions query "protected"',
      'auth.listSignInMethods query "protected"',
      'auth.redeem mutation "public"',
      'auth.refresh mutation "public"',
      'auth.setPassword mutation "live session"',
      'auth.signOut mutation "protected"',
      'auth.signOutEverywhere mutation "protected"',
      'auth.signOutOthers mutation "protected"',
      'auth.signUp mutation "public"',
      'auth.signUpWithProvider mutation "public"',
      'auth.unlinkProvider mutation "live session"',
      'auth.whoami query "protected"',
    ]);
  });

  test("a procedure that does not say who may call it stops the start, and is named (SRV-01)", () => {
    const t = initTRPC.create();
    const careless = t.router({ notes: t.router({ all: t.procedure.query(() => "everything") }) });
    expect(() => procedureAccess(careless)).toThrow(/"notes\.all" does not say who may call it/);
    expect(() => router({ mine: protectedProcedure.query(() => 1), careless })).toThrow(
      /"careless\.notes\.all" does not/,
    );
  });

  test("what is built here says it by itself", () => {
    const table = procedureAccess(
      router({
        a: publicProcedure.query(() => 1),
        b: protectedProcedure.query(() => 2),
        l: liveSessionProcedure.query(() => 4),
        c: requireScope("notes:write", "notes:read").mutation(() => 3),
      }),
    );
    expect(table.map(({ access }) => access)).toEqual([
      "public",
      "protected",
      { scopes: ["notes:write", "notes:read"] },
      "live session",
    ]);
  });
});

describe("requireScope", () => {
  const notes = router({ add: requireScope("notes:write").mutation(({ ctx }) => ctx.claims.sub) });
  const callAs = async (scope: string[]) => {
    const api = await createTestApi();
    const request = new Request(issuer, { headers: api.bearer(await api.tokenWith(scope)) });
    return createCallerFactory(notes)(createContext(api.services, request, { address: null })).add();
  };

  test("lets a token through that was granted the scope", async () => {
    expect(await callAs(["notes:read", "notes:write"])).toBe("sub");
  });

  test.each([[[]], [["notes:read"]], [["notes:writer"]], [["notes"]]])(
    "refuses one with %j: insufficient_scope (RS-10)",
    async (scope) => {
      await expect(callAs(scope)).rejects.toMatchObject({ code: "FORBIDDEN", cause: { reason: "insufficient_scope" } });
    },
  );
});

describe("the context", () => {
  test("verifies a token once per request, however many operations ask", async () => {
    let verifications = 0;
    const inner = await createTestApi();
    const { accessToken } = await inner.signUp();
    const api = await createTestApi({
      verifier: {
        verify: (token) => {
          verifications += 1;
          return inner.services.verifier.verify(token);
        },
      },
    });
    const answer = await api.query("auth.whoami,auth.whoami,auth.whoami?batch=1", api.bearer(accessToken));
    expect(answer.status).toBe(200);
    expect(verifications).toBe(1);
  });

  test("verifies nothing for a public procedure", async () => {
    const api = await createTestApi({ verifier: { verify: () => Promise.reject(new Error("not asked for")) } });
    const answer = await api.mutate("auth.issueToken", { username: "a", password: "b" }, api.bearer("a.b.c"));
    expect(answer.status).toBe(401);
  });
});
