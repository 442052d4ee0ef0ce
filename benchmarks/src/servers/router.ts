// A small tRPC router: something that anybody may ask, and something that asks who is calling. The same for every adapter.

import { authResponseMeta, formatAuthError, requireClaims } from "@signet/auth/trpc";
import { initTRPC } from "@trpc/server";
import { signetVerifier } from "./setting.ts";

export interface Context {
  authorization: string | null | undefined;
}

const verifier = await signetVerifier();
const t = initTRPC.context<Context>().create({ errorFormatter: formatAuthError, isDev: false });

export const router = t.router({
  hello: t.procedure.query(() => ({ hello: "anybody" })),
  whoami: t.procedure
    .use(async ({ ctx, path, next }) =>
      next({ ctx: { claims: await requireClaims(verifier, ctx.authorization, { path }) } }),
    )
    .query(({ ctx: { claims } }) => ({
      subject: claims.sub,
      username: claims.preferred_username,
      sessionId: claims.sid,
      issuedAt: claims.iat,
      expiresAt: claims.exp,
    })),
});

export const responseMeta = authResponseMeta;
