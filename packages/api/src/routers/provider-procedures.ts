// Signing in with a provider, and what somebody signs in with: the procedures of `auth` that have to do with either.

import { z } from "zod";
import {
  handOverCodeSchema,
  passwordSchema,
  refreshTokenPlaceSchema,
  usernameSchema,
  verifierSchema,
} from "../input-schemas.ts";
import { accountProcedure, liveSessionProcedure, publicProcedure } from "../procedures.ts";
import { toNumericDate } from "../to-numeric-date.ts";

const handOver = { code: handOverCodeSchema, verifier: verifierSchema };

export const providerProcedures = {
  /** Where else people may sign in, for buttons: `GET /auth/oidc/:provider/start` is behind each. */
  listProviders: publicProcedure.query(({ ctx: { accounts } }) => accounts.providers.list()),

  /** A hand-over code, with the verifier of the page that asked, becomes a session. */
  redeem: publicProcedure
    .input(z.strictObject({ ...handOver, refreshToken: refreshTokenPlaceSchema }))
    .mutation(async ({ ctx, input: { refreshToken: place, ...presented } }) => {
      ctx.delivery.prepare(place);
      const issued = await ctx.accounts.redeem(presented, ctx.client(), { refreshable: place !== "none" });
      return ctx.delivery.deliver(issued, place);
    }),

  /** After `redeem` has said `username_needed`: makes the account, and signs it in. */
  signUpWithProvider: publicProcedure
    .input(z.strictObject({ ...handOver, username: usernameSchema, refreshToken: refreshTokenPlaceSchema }))
    .mutation(async ({ ctx, input: { refreshToken: place, ...wanted } }) => {
      ctx.delivery.prepare(place);
      const issued = await ctx.accounts.signUpWithProvider(wanted, ctx.client(), { refreshable: place !== "none" });
      return ctx.delivery.deliver(issued, place);
    }),

  /** What the caller signs in with. Times are NumericDate seconds. */
  listSignInMethods: accountProcedure.query(async ({ ctx: { accounts, claims } }) => {
    const { password, providers } = await accounts.methods.list(claims.sub);
    return {
      password,
      providers: providers.map(({ issuer, provider, label, linkedAt }) => ({
        issuer,
        provider,
        label,
        linkedAt: toNumericDate(linkedAt),
      })),
    };
  }),

  /** Links the account elsewhere that the code is for. The caller must have signed in within ten minutes. */
  linkProvider: liveSessionProcedure
    .input(z.strictObject(handOver))
    .mutation(({ ctx, input }) => ctx.accounts.methods.link(ctx.claims, input, ctx.client().address)),

  /**
   * Unlinks it, unless it is the last way in, and ends the caller's other sessions that began at a provider. The caller must have signed in
   * within ten minutes.
   */
  unlinkProvider: liveSessionProcedure
    .input(z.strictObject({ issuer: z.string().max(2_048) }))
    .mutation(async ({ ctx, input: { issuer } }) => {
      const { unlinked, ended } = await ctx.accounts.methods.unlink(ctx.claims, issuer);
      return { unlinked: Number(unlinked), ended };
    }),

  /** Sets a first password. The caller must have signed in within ten minutes. */
  setPassword: liveSessionProcedure
    .input(z.strictObject({ newPassword: passwordSchema }))
    .mutation(async ({ ctx, input: { newPassword } }) => {
      await ctx.accounts.methods.setPassword(ctx.claims, newPassword);
      return { set: true };
    }),
};
