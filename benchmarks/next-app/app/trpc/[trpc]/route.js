// tRPC inside a Next route handler, as its documentation mounts it.

import { fetchRequestHandler } from "@trpc/server/adapters/fetch";

export const dynamic = "force-dynamic";

export async function GET(req) {
  // Its key comes with the environment, which is not there yet when this is built.
  const { responseMeta, router } = await import("../../../../dist/servers/router.js");
  return fetchRequestHandler({
    endpoint: "/trpc",
    req,
    router,
    responseMeta,
    createContext: () => ({ authorization: req.headers.get("authorization") }),
  });
}
