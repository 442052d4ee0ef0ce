// A gate in front of a database that cuts one connection at an exact moment of one statement.

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/**
 * - `before`: the statement never reaches the database.
 * - `uncommitted`: it was carried out there, and not yet committed.
 * - `committed`: it was committed, and its answer is lost.
 */
export type Moment = "before" | "uncommitted" | "committed";

export interface CuttingGate {
  connectionString: string;
  /** Cuts the next connection that sends `text`, once. @returns when that has happened */
  cutNext(text: string, moment: Moment): Promise<void>;
  close(): Promise<void>;
}

interface Order {
  text: string;
  moment: Moment;
  done(): void;
}

// What PostgreSQL's protocol calls them. Without a Sync the database does what it is told and commits nothing.
const sync = Buffer.from([0x53, 0, 0, 0, 4]);
const flush = Buffer.from([0x48, 0, 0, 0, 4]);
const readyAndIdle = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
/** The tag of a completed UPDATE or INSERT, and so a statement that was carried out. */
const completed = /(?:UPDATE|INSERT 0) \d+\0/;

export async function createCuttingGate(target: string): Promise<CuttingGate> {
  const url = new URL(target);
  const [host, targetPort] = [url.hostname, Number(url.port)];
  const sockets = new Set<Socket>();
  let order: Order | undefined;

  function pass(client: Socket): void {
    const database = connect(targetPort, host);
    let mine: Order | undefined;
    let asked = Buffer.alloc(0);
    let answered = Buffer.alloc(0);
    const cut = () => {
      client.destroy();
      database.destroy();
      mine?.done();
    };
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        database.destroy();
      });
    }
    client.on("data", (data) => {
      if (mine === undefined && order !== undefined && data.includes(order.text)) {
        mine = order;
        order = undefined;
      }
      if (mine?.moment === "before") cut();
      else if (mine?.moment === "uncommitted") {
        asked = Buffer.concat([asked, data]);
        if (!asked.subarray(-sync.length).equals(sync)) return;
        database.write(Buffer.concat([asked.subarray(0, -sync.length), flush]));
      } else database.write(data);
    });
    database.on("data", (data) => {
      if (mine === undefined) {
        client.write(data);
        return;
      }
      answered = Buffer.concat([answered, data]);
      const isOver =
        mine.moment === "committed" ? answered.includes(readyAndIdle) : completed.test(answered.toString("latin1"));
      if (isOver) cut();
    });
  }

  const server = createServer(pass).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port.");
  url.hostname = "127.0.0.1";
  url.port = String(address.port);
  return {
    connectionString: url.href,
    cutNext: (text, moment) => new Promise((done) => (order = { text, moment, done })),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
