// The connections of a server, against clients that take places and give nothing: so many in all, so many from one network, so many
// requests at once on each, and so long for taking an answer. What a client sends slowly is cut off by node:http's own timeouts.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { networksOf } from "@signet/accounts";

export interface ConnectionLimits {
  /** When all places are taken, the connection that has rested longest makes room for a new one; then one whose request does not end. */
  maxConnections: number;
  /** Of one IPv4 address, or one IPv6 /64. */
  maxConnectionsPerNetwork: number;
  /** Sent before the first of them is answered. Browsers and proxies send one. */
  maxUnanswered: number;
  /** How long an answer may wait in this process while its reader takes nothing of it. */
  stalledMs: number;
  /** How long answers may wait without a break, however steadily a reader takes a little. */
  slowMs: number;
}

export interface Connections {
  add(socket: Socket): void;
  /** Takes note of a request. @returns false when its connection was cut off instead */
  begin(socket: Socket, response: ServerResponse): boolean;
  /** Cuts off those who do not take their answers. */
  cutSlowReaders(): void;
  /** Ends those that were opened ahead of time; node:http takes them for busy ones. */
  closeUnused(): void;
  closeAll(): void;
  readonly size: number;
}

interface Connection {
  network: string;
  /** Since it was opened, or since its last answer. */
  restingSince: number;
  unanswered: number;
  /** The last one, while it is at work. Here, and in no list: an engine throws lists away late, and what they held even later. */
  request: Pick<IncomingMessage, "complete"> | undefined;
  answered(): void;
  /** Since when answers wait, and how much of all the reader had taken when it last took something. */
  waiting: { since: number; taken: number; takenAt: number } | undefined;
}

interface Options extends ConnectionLimits {
  /** Milliseconds that no change of the clock moves. */
  monotonicMs?: () => number;
}

export function createConnections(options: Options): Connections {
  const { maxConnections, maxConnectionsPerNetwork, maxUnanswered, stalledMs, slowMs } = options;
  const { monotonicMs = () => performance.now() } = options;
  const connections = new Map<Socket, Connection>();
  const perNetwork = new Map<string, number>();
  /** On which no request has come yet, or not all of its headers; and between two requests. Longest first. */
  const unused = new Set<Socket>();
  const resting = new Set<Socket>();
  /** With a request at work, longest first. */
  const working = new Set<Socket>();

  function remove(socket: Socket): void {
    const connection = connections.get(socket);
    if (connection === undefined) return;
    connections.delete(socket);
    unused.delete(socket);
    resting.delete(socket);
    working.delete(socket);
    const left = (perNetwork.get(connection.network) ?? 1) - 1;
    if (left > 0) perNetwork.set(connection.network, left);
    else perNetwork.delete(connection.network);
  }

  function cutOff(socket: Socket): void {
    // Its place is free at once; the event comes later.
    remove(socket);
    socket.destroy();
  }

  function makeRoom(): boolean {
    if (connections.size < maxConnections) return true;
    const longest = findRested() ?? findSender();
    if (longest === undefined) return false;
    cutOff(longest);
    return true;
  }

  /** Who has rested longest, whether it has asked for something before or not: those who have just come are about to. */
  function findRested(): Socket | undefined {
    const [silent] = unused;
    const [rested] = resting;
    if (silent === undefined || rested === undefined) return silent ?? rested;
    return restingSince(silent) < restingSince(rested) ? silent : rested;
  }

  function restingSince(socket: Socket): number {
    return connections.get(socket)?.restingSince ?? 0;
  }

  /** Who has sent the beginning of a request and not the rest. Whoever has sent it all is waiting for us. */
  function findSender(): Socket | undefined {
    for (const socket of working) {
      if (connections.get(socket)?.request?.complete === false) return socket;
      working.delete(socket);
    }
    return undefined;
  }

  return {
    add(socket) {
      const { near: network } = networksOf(socket.remoteAddress ?? null);
      const count = perNetwork.get(network) ?? 0;
      if (count >= maxConnectionsPerNetwork || !makeRoom()) {
        socket.destroy();
        return;
      }
      perNetwork.set(network, (perNetwork.get(network) ?? 0) + 1);
      unused.add(socket);
      const connection: Connection = {
        network,
        restingSince: monotonicMs(),
        unanswered: 0,
        request: undefined,
        answered() {
          connection.unanswered -= 1;
          if (connection.unanswered > 0 || !connections.has(socket)) return;
          working.delete(socket);
          connection.request = undefined;
          connection.restingSince = monotonicMs();
          resting.add(socket);
        },
        waiting: undefined,
      };
      connections.set(socket, connection);
      socket.once("close", () => remove(socket));
    },

    begin(socket, response) {
      const connection = connections.get(socket);
      // Those that were cut off a moment ago had sent more than was read.
      if (connection === undefined) return false;
      unused.delete(socket);
      resting.delete(socket);
      working.add(socket);
      connection.request = response.req;
      connection.unanswered += 1;
      response.once("close", connection.answered);
      if (connection.unanswered <= maxUnanswered) return true;
      cutOff(socket);
      return false;
    },

    cutSlowReaders() {
      const now = monotonicMs();
      for (const [socket, connection] of connections) {
        if (socket.writableLength === 0) {
          connection.waiting = undefined;
          continue;
        }
        const taken = socket.bytesWritten - socket.writableLength;
        const waiting = (connection.waiting ??= { since: now, taken, takenAt: now });
        if (taken > waiting.taken) Object.assign(waiting, { taken, takenAt: now });
        if (now - waiting.takenAt >= stalledMs || now - waiting.since >= slowMs) cutOff(socket);
      }
    },

    closeUnused() {
      for (const socket of unused) cutOff(socket);
    },
    closeAll() {
      for (const socket of connections.keys()) cutOff(socket);
    },
    get size() {
      return connections.size;
    },
  };
}
