import { initTRPC } from "@trpc/server";
import type { CreateHTTPContextOptions } from "@trpc/server/adapters/standalone";

const t = initTRPC.context<CreateHTTPContextOptions>().create();

const notes = ["Buy sealing wax"];

export const appRouter = t.router({
  list: t.procedure.query(() => notes),
});

export type AppRouter = typeof appRouter;
