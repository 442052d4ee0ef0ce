import { formatAuthError, requireClaims } from "@signet/api";
import { initTRPC, tracked } from "@trpc/server";
import type { CreateHTTPContextOptions } from "@trpc/server/adapters/standalone";
import { z } from "zod";
import { notes } from "./notes.ts";
import { verifier } from "./verifier.ts";

const t = initTRPC.context<CreateHTTPContextOptions>().create({ errorFormatter: formatAuthError });

const protectedProcedure = t.procedure.use(async ({ ctx, path, next }) =>
  next({ ctx: { claims: await requireClaims(verifier, ctx.req.headers.authorization, { path }) } }),
);

export const appRouter = t.router({
  motd: t.procedure.query(() => "Seal your letters."),
  list: protectedProcedure.query(({ ctx }) => notes.of(ctx.claims.sub)),
  add: protectedProcedure.input(z.string()).mutation(({ ctx, input }) => notes.add(ctx.claims.sub, input)),
  follow: protectedProcedure
    .input(z.object({ lastEventId: z.string().optional() }).default({}))
    .subscription(async function* ({ ctx, input, path, signal }) {
      for await (const note of notes.after(ctx.claims.sub, input.lastEventId, signal)) {
        // The token may have ended since. The client comes back with a new one, and goes on after its last note.
        await requireClaims(verifier, ctx.req.headers.authorization, { path });
        yield tracked(note.id, note.text);
      }
    }),
});

export type AppRouter = typeof appRouter;
