import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { appRouter } from "./app-router.js";

const server = createHTTPServer({
  router: appRouter,
  basePath: "/trpc/",
  createContext: (options) => options,
});

server.listen(process.env.API_PORT ?? 4000);
