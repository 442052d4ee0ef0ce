// The typed hooks of the API. Only types come from it.

import type { AppRouter } from "@signet/api";
import { createTRPCReact } from "@trpc/react-query";

export const trpc = createTRPCReact<AppRouter>();
