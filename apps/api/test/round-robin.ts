// A balancer as small as one can be: in turn to those that say they are ready, looked at ten times a second. It tries another one
// only where no connection came about: a request that was sent is never sent twice.

import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";

export interface Balancer {
  url: string;
  /** How often nobody was ready, or everybody refused the connection. */
  nobody(): number;
  close(): Promise<void>;
}

const probeMs = 100;

export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  // Kept open between requests, as real ones do: that is where restarts lose some.
  const agent = new Agent({ keepAlive: true });
  const ready = new Set(ports);
  let turn = 0;
  let nobody = 0;

  const probe = setInterval(() => {
    for (const port of ports) {
      const asked = send({ port, host: "127.0.0.1", path: "/readyz", agent: false, timeout: 1_000 }, (answer) => {
        answer.resume();
        if (answer.statusCode === 200) ready.add(port);
        else ready.delete(port);
      });
      asked.on("error", () => ready.delete(port));
      asked.on("timeout", () => asked.destroy());
      asked.end();
    }
  }, probeMs);

  const pass = (incoming: IncomingMessage, body: Buffer, response: ServerResponse, candidates: number[]) => {
    const [port, ...others] = candidates;
    if (port === undefined) {
      nobody += 1;
      response.writeHead(502).end();
      return;
    }
    const { method, url, headers } = incoming;
    const forwarded = send({ port, host: "127.0.0.1", method, path: url, headers, agent }, (answer) => {
      const { connection: _hopByHop, ...kept } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, kept);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    forwarded.on("error", (error) => {
      if ("code" in error && error.code === "ECONNREFUSED") pass(incoming, body, response, others);
      else response.writeHead(502).end(String(error));
    });
    forwarded.end(body);
  };

  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const inTurn = [...ready];
    const first = (turn += 1) % Math.max(1, inTurn.length);
    pass(incoming, Buffer.concat(chunks), response, [...inTurn.slice(first), ...inTurn.slice(0, first)]);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    nobody: () => nobody,
    close: async () => {
      clearInterval(probe);
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      agent.destroy();
    },
  };
}
