// Signing up and in, staying so, and signing out; and who the token says is calling.

import { scopesOf } from "@signet/auth/claims";
import { z } from "zod";
import {
  attemptSchema,
  passwordSchema,
  refreshTokenPlaceSchema,
  refreshTokenSchema,
  sessionIdSchema,
  usernameSchema,
} from "../input-schemas.ts";
import { accountProcedure, liveSessionProcedure, protectedProcedure, publicProcedure, router } from "../procedures.ts";
import { toNumericDate } from "../to-numeric-date.ts";
import { providerProcedures } from "./provider-procedures.ts";

const credentials = z.strictObject({
  username: usernameSchema,
  password: passwordSchema,
  refreshToken: refreshTokenPlaceSchema,
});

export const authRouter = router({
  ...providerProcedures,

  /** Makes an account and signs it in. */
  signUp: publicProcedure.input(credentials).mutation(async ({ ctx, input }) => {
    const { refreshToken: place } = input;
    ctx.delivery.prepare(place);
    const issued = await ctx.accounts.signUp(input, ctx.client(), { refreshable: place !== "none" });
    return ctx.delivery.deliver(issued, place);
  }),

  /** Username and password buy a short signed token. */
  issueToken: publicProcedure.input(credentials).mutation(async ({ ctx, input }) => {
    const { refreshToken: place } = input;
    ctx.delivery.prepare(place);
    const issued = await ctx.accounts.issueToken(input, ctx.client(), {
      refreshable: place !== "none",
      deviceMarks: ctx.delivery.deviceMarks(),
    });
    return ctx.delivery.deliver(issued, place);
  }),

  /** A refresh token buys the next one and an access token: for clients without cookies. */
  refresh: publicProcedure
    .input(z.strictObject({ refreshToken: refreshTokenSchema, attempt: attemptSchema.optional() }))
    .mutation(async ({ ctx, input: { refreshToken, attempt } }) =>
      ctx.delivery.deliver(await ctx.accounts.sessions.refresh(refreshToken, ctx.client(), { attempt }), "body"),
    ),

  /** What the token says, and nothing else: no database is asked. */
  whoami: protectedProcedure.query(({ ctx: { claims } }) => ({
    subject: claims.sub,
    username: claims.preferred_username,
    scope: [...scopesOf(claims)],
    sessionId: claims.sid,
    issuedAt: claims.iat,
    expiresAt: claims.exp,
  })),

  /** Ends the session of this token. */
  signOut: protectedProcedure.mutation(async ({ ctx: { accounts, claims } }) => ({
    ended: await accounts.sessions.end(claims.sub, claims.sid),
  })),

  /** Ends the caller's other sessions. */
  signOutOthers: accountProcedure.mutation(async ({ ctx: { accounts, claims } }) => ({
    ended: await accounts.sessions.endOthers(claims.sub, claims.sid),
  })),

  /** Ends all sessions of the caller, this one too. */
  signOutEverywhere: protectedProcedure.mutation(async ({ ctx: { accounts, claims } }) => ({
    ended: await accounts.sessions.endAll(claims.sub),
  })),

  /** Ends one of the caller's sessions; one of somebody else is none. */
  endSession: accountProcedure
    .input(z.strictObject({ sessionId: sessionIdSchema }))
    .mutation(async ({ ctx: { accounts, claims }, input }) => ({
      ended: await accounts.sessions.end(claims.sub, input.sessionId),
    })),

  /** The caller's sessions that have not ended, last used first. Times are NumericDate seconds. */
  listSessions: accountProcedure.query(async ({ ctx: { accounts, claims } }) => {
    const sessions = await accounts.sessions.list(claims.sub);
    return sessions.map(({ id, createdAt, lastUsedAt, device, address }) => ({
      sessionId: id,
      createdAt: toNumericDate(createdAt),
      lastUsedAt: toNumericDate(lastUsedAt),
      device,
      address,
      current: id === claims.sid,
    }));
  }),

  /** Ends all sessions, and answers with a new one under the new password. */
  changePassword: liveSessionProcedure
    .input(
      z.strictObject({
        currentPassword: passwordSchema,
        newPassword: passwordSchema,
        refreshToken: refreshTokenPlaceSchema,
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { refreshToken: place, ...passwords } = input;
      ctx.delivery.prepare(place);
      const options = { refreshable: place !== "none" };
      const issued = await ctx.accounts.changePassword(ctx.claims, passwords, ctx.client(), options);
      return ctx.delivery.deliver(issued, place);
    }),
});
