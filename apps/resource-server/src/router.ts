// The notes: each person's own. Whose they are is said by the token, never by the input.

import { z } from "zod";
import { maxNoteLength, type Note } from "./note-store.ts";
import { protectedProcedure, router } from "./procedures.ts";

export type { Note } from "./note-store.ts";

/** A character counts once, whatever it takes to write it. The first bound spares counting what is far too long. */
const text = z
  .string()
  .min(1)
  .max(maxNoteLength * 2)
  .refine((value) => [...value].length <= maxNoteLength);

export const appRouter = router({
  notes: router({
    /** The caller's own, the newest first. */
    list: protectedProcedure.query(({ ctx }): Promise<Note[]> => ctx.store.list(ctx.owner)),

    /** Keeps a note. @throws AuthError `input_invalid`, with `problem: "too_many"` when there is no room for more */
    add: protectedProcedure
      .input(z.strictObject({ text }))
      .mutation(({ ctx, input }): Promise<Note> => ctx.store.add(ctx.owner, input.text)),

    /** Removes one of the caller's own. @throws AuthError `not_found`, also where it is somebody else's */
    remove: protectedProcedure
      .input(z.strictObject({ id: z.string().min(1).max(64) }))
      .mutation(async ({ ctx, input }) => {
        await ctx.store.remove(ctx.owner, input.id);
        return { id: input.id };
      }),
  }),
});

/** What a client of this service takes: the type alone. */
export type NotesRouter = typeof appRouter;
