// All procedures under one roof. Building it fails when one of them does not say who may call it.

import { procedureAccess } from "./access.ts";
import { router } from "./procedures.ts";
import { authRouter } from "./routers/auth.ts";

export const appRouter = router({ auth: authRouter });

procedureAccess(appRouter);

export type AppRouter = typeof appRouter;
