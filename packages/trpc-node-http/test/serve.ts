// One server of ours on a free port, for tests that look at it through tRPC's own client.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { AnyTRPCRouter } from "@trpc/server";
import { createNodeHttpHandler, type NodeHttpHandlerOptions } from "../src/index.ts";

export type Served = { url: string; port: number; requests: () => number; [Symbol.asyncDispose]: () => Promise<void> };

export async function serve<Router extends AnyTRPCRouter>(options: NodeHttpHandlerOptions<Router>): Promise<Served> {
  let requests = 0;
  const handler = createNodeHttpHandler(options);
  const server = createServer((request, response) => {
    requests++;
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests: () => requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
