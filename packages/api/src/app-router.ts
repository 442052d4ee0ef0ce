// All procedures under one roof. `router` refuses one that does not say who may call it.

import { router } from "./procedures.ts";
import { authRouter } from "./routers/auth.ts";

export const appRouter = router({ auth: authRouter });

export type AppRouter = typeof appRouter;
