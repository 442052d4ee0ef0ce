// tRPC's own adapter for node:http.

import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { responseMeta, router } from "./router.ts";
import { listen } from "./setting.ts";

listen(
  createHTTPHandler({
    router,
    responseMeta,
    createContext: ({ req }) => ({ authorization: req.headers.authorization }),
  }),
);
