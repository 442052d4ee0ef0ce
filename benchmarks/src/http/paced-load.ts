// Load at a set rate, evenly spaced, whatever the answers do (an open loop): a request that has to wait for a free connection has been
// waiting since it was due. wrk knows no rate. Run in a process of its own; told by its argument, answers on stdout.

import { connect, type Socket } from "node:net";
import { percentile } from "../results.ts";

export interface PacedOrder {
  port: number;
  path: string;
  headers: readonly string[];
  perSecond: number;
  seconds: number;
  connections: number;
}

export interface PacedResult {
  p50Ms: number;
  p99Ms: number;
  /** How many were answered in the time that was given, of those that were due. */
  answeredPart: number;
}

const order = JSON.parse(process.argv[2] ?? "{}") as PacedOrder;
/** At half the rate: our own code is still being compiled. */
const warmUpSeconds = 1;
const request = Buffer.from(
  `${[`GET ${order.path} HTTP/1.1`, `Host: 127.0.0.1:${order.port}`, ...order.headers].join("\r\n")}\r\n\r\n`,
);
const endOfHeaders = "\r\n\r\n";

const idle: Socket[] = [];
const waiting: number[] = [];
const underWay = new Map<Socket, number>();
const latenciesMs: number[] = [];
let countFrom = Number.POSITIVE_INFINITY;

await Promise.all(Array.from({ length: order.connections }, open));
process.stdout.write(JSON.stringify(await run()));
process.exit(0);

function open(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: order.port, noDelay: true });
    let received = "";
    socket.setEncoding("latin1");
    socket.once("connect", () => {
      rest(socket);
      resolve();
    });
    socket.once("error", reject);
    socket.on("data", (chunk: string) => {
      received += chunk;
      if (!isWhole(received)) return;
      if (!received.startsWith("HTTP/1.1 200")) throw new Error(`Not a good answer:\n${received.slice(0, 200)}`);
      const isLast = received.includes("Connection: close");
      received = "";
      finish(socket);
      if (isLast) void open();
      else rest(socket);
    });
  });
}

function isWhole(text: string): boolean {
  const end = text.indexOf(endOfHeaders);
  if (end < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  if (length === undefined) throw new Error("An answer without a length.");
  return text.length >= end + endOfHeaders.length + Number(length);
}

function rest(socket: Socket): void {
  const due = waiting.shift();
  if (due === undefined) idle.push(socket);
  else send(socket, due);
}

function send(socket: Socket, due: number): void {
  underWay.set(socket, due);
  socket.write(request);
}

function finish(socket: Socket): void {
  const due = underWay.get(socket) ?? Number.NaN;
  underWay.delete(socket);
  if (due >= countFrom) latenciesMs.push(performance.now() - due);
}

/** The core is ours alone: looking at the clock all the time is more exact than any timer. */
function run(): Promise<PacedResult> {
  const startedAt = performance.now();
  const gapMs = 1000 / order.perSecond;
  const endAt = startedAt + (warmUpSeconds + order.seconds) * 1000;
  countFrom = startedAt + warmUpSeconds * 1000;
  let due = startedAt;
  return new Promise((resolve) => {
    const tick = () => {
      const now = performance.now();
      for (; due <= now && due < endAt; due += due < countFrom ? gapMs * 2 : gapMs) {
        const socket = idle.pop();
        if (socket === undefined) waiting.push(due);
        else send(socket, due);
      }
      if (now < endAt) setImmediate(tick);
      else resolve(result());
    };
    tick();
  });
}

function result(): PacedResult {
  // Those that still wait are the slowest of all: they have waited at least until now.
  const now = performance.now();
  const unanswered = [...waiting, ...underWay.values()].filter((due) => due >= countFrom).map((due) => now - due);
  const all = [...latenciesMs, ...unanswered];
  return {
    p50Ms: percentile(all, 0.5),
    p99Ms: percentile(all, 0.99),
    answeredPart: latenciesMs.length / (order.perSecond * order.seconds),
  };
}
