// A gate in front of a database: open, shut (connections are refused), or silent (connections are taken and nothing ever comes back).

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export interface Gate {
  connectionString: string;
  open(): Promise<void>;
  shut(): Promise<void>;
  /** For connections that stand and for new ones. */
  fallSilent(): void;
  /** Connections from the side of the client that are open now. */
  readonly connections: number;
}

export async function createGate(target: string): Promise<Gate> {
  const url = new URL(target);
  const [host, targetPort] = [url.hostname, Number(url.port)];
  const clients = new Set<Socket>();
  let silent = false;
  let server: Server | undefined;
  let port = 0;

  const gate: Gate = {
    connectionString: "",
    get connections() {
      return clients.size;
    },
    async open() {
      silent = false;
      if (server !== undefined) return;
      server = createServer(pass).listen(port, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      if (typeof address === "object" && address !== null) port = address.port;
    },
    async shut() {
      const closing = server;
      server = undefined;
      for (const client of clients) client.destroy();
      if (closing === undefined) return;
      closing.close();
      await once(closing, "close");
    },
    fallSilent() {
      silent = true;
    },
  };
  await gate.open();
  url.hostname = "127.0.0.1";
  url.port = String(port);
  gate.connectionString = url.href;
  return gate;

  function pass(client: Socket): void {
    const database = connect(targetPort, host);
    clients.add(client);
    client.on("close", () => {
      clients.delete(client);
      database.destroy();
    });
    database.on("close", () => client.destroy());
    for (const socket of [client, database]) socket.on("error", () => undefined);
    client.on("data", (data) => silent || database.write(data));
    database.on("data", (data) => silent || client.write(data));
  }
}
