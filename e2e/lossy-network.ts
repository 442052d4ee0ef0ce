// A network between browser and server that does what networks do: it is slow, it loses requests on the way there, and
// answers on the way back, after the server has done its work.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What happens to one request. */
export interface Fate {
  /** Before it goes on to the server. */
  delayMs?: number;
  /** The request never arrives, or its answer never comes back. */
  lost?: "request" | "answer";
  /** The answer rests here until this is over. */
  holdAnswer?: Promise<unknown>;
}

export interface LossyNetwork {
  /** The body of every request whose fate was asked for. */
  seen: { path: string; body: string }[];
  close(): Promise<void>;
}

export async function startLossyNetwork(options: {
  port: number;
  target: string;
  /** Of requests to paths below `/auth`; all others pass. */
  fateOf(path: string): Fate;
  /** Header lines of answers that get lost, by path and lower-case name. */
  dropHeader(path: string, name: string): boolean;
}): Promise<LossyNetwork> {
  const { port, target, fateOf, dropHeader } = options;
  const seen: LossyNetwork["seen"] = [];

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const path = request.url ?? "";
    const fate = path.startsWith("/auth/") && !path.startsWith("/auth/session") ? fateOf(path) : {};
    if (path.startsWith("/auth/")) seen.push({ path, body: body.toString("utf8") });
    if (fate.delayMs !== undefined) await sleep(fate.delayMs);
    if (fate.lost === "request") return void request.socket.destroy();

    const { method, headers } = request;
    const forwarded = send(`${target}${path}`, { method, headers });
    // Who has gone needs no answer, and the server learns of it.
    response.once("close", () => forwarded.destroy());
    forwarded.end(body);
    const [answer] = (await once(forwarded, "response")) as [IncomingMessage];
    if (fate.lost === "answer") {
      answer.resume();
      await once(answer, "end");
      return void request.socket.destroy();
    }
    await fate.holdAnswer;
    const lines = answer.rawHeaders.flatMap((text, index, all) =>
      index % 2 === 0 ? [[text, all[index + 1] ?? ""]] : [],
    );
    const kept = lines.filter(([name = ""]) => !dropHeader(path, name.toLowerCase()));
    response.writeHead(answer.statusCode ?? 502, kept.flat());
    answer.pipe(response);
  }

  const server = createServer((request, response) => {
    pass(request, response).catch(() => request.socket.destroy());
  });
  server.listen(port, "localhost");
  await once(server, "listening");
  const { port: bound } = server.address() as AddressInfo;
  if (bound !== port) throw new Error(`Port ${port} was not free.`);

  return {
    seen,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
