import { TRPCError } from "@trpc/server";
import { z } from "zod";
import { publicProcedure, router } from "./trpc";

const notes = [{ text: "Buy sealing wax", writtenAt: new Date() }];

export const appRouter = router({
  list: publicProcedure.query(() => notes),
  add: publicProcedure.input(z.object({ text: z.string().max(200) })).mutation(({ input }) => {
    if (notes.length >= 100) throw new TRPCError({ code: "FORBIDDEN", message: "The notebook is full." });
    notes.push({ text: input.text, writtenAt: new Date() });
  }),
});

export type AppRouter = typeof appRouter;
