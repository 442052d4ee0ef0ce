// A page of somebody else, on a server of its own, under two names: one of the same site as ours (cookies come along, whatever
// `SameSite` says), one of another site.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface OtherPage {
  /** Another port of our host: to a browser the same site, and another origin. */
  sameSite: string;
  otherSite: string;
  close(): Promise<void>;
}

export async function startOtherPage(): Promise<OtherPage> {
  const server = createServer((_request, response) => {
    response
      .setHeader("Content-Type", "text/html")
      .end("<!doctype html><title>Win a prize</title><body>Win a prize</body>");
  });
  server.listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    sameSite: `http://localhost:${port}`,
    otherSite: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
