// The same router through our adapter.

import { createNodeHttpHandler } from "@signet/trpc-node-http";
import { responseMeta, router } from "./router.ts";
import { listen } from "./setting.ts";

listen(
  createNodeHttpHandler({
    router,
    responseMeta,
    createContext: ({ req }) => ({ authorization: req.headers.authorization }),
    // No procedure here looks at one.
    abortSignals: false,
  }),
);
