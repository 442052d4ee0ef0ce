// The way from the resource server to the issuer, which the rig can cut: a proxy to whichever issuer is up. It shortens the life of the
// JWK Set, so that a minute holds what otherwise takes ten.

import { once } from "node:events";
import { createServer, request as send } from "node:http";
import type { ServerProcess } from "./server-process.ts";

export interface Gate {
  url: string;
  readonly isOpen: boolean;
  /** When it was last opened again, as `performance.now()` has it. */
  readonly openedAt: number;
  cut(): void;
  open(): void;
  close(): void;
}

export async function startGate(issuers: readonly ServerProcess[]): Promise<Gate> {
  let isOpen = true;
  let openedAt = Number.NEGATIVE_INFINITY;
  const server = createServer((incoming, response) => {
    const issuer = issuers.find(({ isUp }) => isUp);
    if (!isOpen || issuer === undefined) {
      incoming.socket.destroy();
      return;
    }
    const { method, url, headers } = incoming;
    const passed = send(issuer.url + url, { method, headers, agent: false }, (answer) => {
      const { connection: _hopByHop, ...kept } = answer.headers;
      if (kept["cache-control"]?.includes("max-age")) kept["cache-control"] = "max-age=2";
      response.writeHead(answer.statusCode ?? 502, kept);
      answer.on("error", () => response.destroy());
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    response.on("close", () => passed.destroy());
    incoming.pipe(passed);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    get isOpen() {
      return isOpen;
    },
    get openedAt() {
      return openedAt;
    },
    cut() {
      isOpen = false;
      server.closeAllConnections();
    },
    open() {
      isOpen = true;
      openedAt = performance.now();
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
