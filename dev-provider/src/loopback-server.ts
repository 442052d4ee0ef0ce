// An HTTP server that this machine alone can reach.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface LoopbackServer {
  /** Without a slash at its end. */
  origin: string;
  /** Ends it at once, with every connection. */
  close(): Promise<void>;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * @param port 0 for one that is free.
 * @param createHandler Gets the origin, which is known only when the server listens.
 */
export async function listenOnLoopback(
  port: number,
  createHandler: (origin: string) => Promise<Handler>,
): Promise<LoopbackServer> {
  const server = createServer();
  server.listen(port, "localhost");
  await once(server, "listening");
  const origin = `http://localhost:${portOf(server)}`;
  try {
    const handle = await createHandler(origin);
    server.on("request", (request, response) => {
      handle(request, response).catch(() => {
        // Whoever asked is gone, or asked for nothing that there is.
        if (!response.headersSent) response.writeHead(400);
        response.end();
      });
    });
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    origin,
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("The server does not listen on a port.");
  return address.port;
}
