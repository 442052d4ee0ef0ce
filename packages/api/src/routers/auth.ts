// Signing up, signing in, and who the token says is calling.

import { scopesOf } from "@signet/auth/claims";
import { z } from "zod";
import { protectedProcedure, publicProcedure, router } from "../procedures.ts";

// The lengths only bound the work; what a name or a password must be is decided in accounts.
const maxUsernameLength = 256;
const maxPasswordLength = 1024;

const credentials = z.strictObject({
  username: z.string().max(maxUsernameLength),
  password: z.string().max(maxPasswordLength),
  /** Where the refresh token goes. Sessions have none yet, whatever is asked for. */
  refreshToken: z.enum(["cookie", "body", "none"]).default("cookie"),
});

export const authRouter = router({
  /** Makes an account and signs it in. */
  signUp: publicProcedure.input(credentials).mutation(({ ctx, input }) => ctx.accounts.signUp(input, ctx.client)),

  /** Username and password buy a short signed token. */
  issueToken: publicProcedure
    .input(credentials)
    .mutation(({ ctx, input }) => ctx.accounts.issueToken(input, ctx.client)),

  /** What the token says, and nothing else: no database is asked. */
  whoami: protectedProcedure.query(({ ctx: { claims } }) => ({
    subject: claims.sub,
    username: claims.preferred_username,
    scope: [...scopesOf(claims)],
    sessionId: claims.sid,
    issuedAt: claims.iat,
    expiresAt: claims.exp,
  })),
});
