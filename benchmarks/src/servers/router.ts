// A small tRPC router: what anybody may ask, and what asks who is calling. The same for every adapter.

import { authResponseMeta, formatAuthError, requireClaims } from "@signet/auth/trpc";
import { initTRPC } from "@trpc/server";
import { signetVerifier } from "./setting.ts";

export interface Context {
  authorization: string | null | undefined;
}

const verifier = await signetVerifier();
const t = initTRPC.context<Context>().create({ errorFormatter: formatAuthError, isDev: false });

const nobody = {
  subject: "a subject of 22 chars.",
  username: "ada",
  sessionId: "session id of 22 chars",
  issuedAt: 1_800_000_000,
  expiresAt: 1_800_000_900,
};

export const router = t.router({
  hello: t.procedure.query(() => ({ hello: "anybody" })),
  /** As much to write as for `whoami`, about nobody. */
  nobody: t.procedure.query(() => nobody),
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
