// What the plain endpoints take as JSON. All of it stands here, so that a test can look at every shape.

import { z } from "zod";
import { attemptSchema, refreshTokenSchema, sessionIdSchema } from "../input-schemas.ts";

export const bodies = {
  refresh: z.strictObject({
    /** Which session of this browser is meant. Default: whichever there is. */
    session: sessionIdSchema.optional(),
    attempt: attemptSchema.optional(),
    refresh_token: refreshTokenSchema.optional(),
  }),
  signOut: z.strictObject({
    /** Which session of this browser is meant. Default: all of them. */
    session: sessionIdSchema.optional(),
    refresh_token: refreshTokenSchema.optional(),
  }),
};

/** One of them. */
export type Body = (typeof bodies)[keyof typeof bodies];
