// tRPC's fetch adapter behind @hono/node-server, which makes a Request and a Response of each exchange.

import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { responseMeta, router } from "./router.ts";
import { port } from "./setting.ts";

const listener = getRequestListener((req) =>
  fetchRequestHandler({
    endpoint: "",
    req,
    router,
    responseMeta,
    createContext: () => ({ authorization: req.headers.get("authorization") }),
  }),
);

createServer((request, response) => void listener(request, response)).listen(port, "127.0.0.1");
