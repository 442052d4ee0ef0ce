// HTTP/1.1 by hand: sends bytes exactly as given, and reads answers without repairing anything.
import { connect } from "node:net";

export type Answer = { status: number; reason: string; headers: Record<string, string[]>; body: string };

export type Exchange = { answers: Answer[]; rest: string };

/** A server that has not ended the connection by then is taken for hanging. */
const longestExchangeMs = 25_000;

/** After these events of a subscription it is the client that closes. */
const endOfEvents = /^event: (?:return|serialized-error)$/m;

/**
 * Sends the parts one after the other on one new connection and reads until the server ends it.
 * The last request must ask for that (`Connection: close`, or HTTP/1.0). One part is one write.
 */
export function exchange(port: number, parts: readonly Uint8Array[], noBody: readonly boolean[]): Promise<Exchange> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const received: Buffer[] = [];
    let isSubscription = false;
    const finish = (note: string): void => {
      clearTimeout(timer);
      socket.destroy();
      const read = parseAnswers(Buffer.concat(received), noBody);
      resolve({ answers: read.answers, rest: read.rest + note });
    };
    const timer = setTimeout(finish, longestExchangeMs, "<no end>");
    socket.on("data", (chunk: Buffer) => {
      received.push(chunk);
      const text = chunk.toString("latin1");
      // tRPC keeps the connection of a subscription alive, whatever the request asked for.
      isSubscription ||= /^x-accel-buffering: no/im.test(text);
      if (isSubscription && (endOfEvents.test(text) || text.endsWith("0\r\n\r\n"))) finish("");
    });
    socket.on("end", () => finish(""));
    // A server that closes while we still send resets the connection; what it said before counts.
    socket.on("error", () => finish(""));
    socket.on("connect", () => writeParts(0));
    const writeParts = (index: number): void => {
      const part = parts[index];
      if (part === undefined || socket.destroyed) return;
      socket.write(part, () => setImmediate(writeParts, index + 1));
    };
  });
}

/** Reads answers off the bytes; `noBody[i]` says that request i was a HEAD. */
export function parseAnswers(bytes: Buffer, noBody: readonly boolean[]): Exchange {
  const answers: Answer[] = [];
  let at = 0;
  while (at < bytes.length) {
    const headEnd = bytes.indexOf("\r\n\r\n", at);
    if (headEnd === -1) break;
    const [statusLine = "", ...lines] = bytes.toString("latin1", at, headEnd).split("\r\n");
    const status = Number(statusLine.slice(9, 12));
    at = headEnd + 4;
    if (status < 200) continue;
    const headers: Record<string, string[]> = {};
    for (const line of lines) {
      const colon = line.indexOf(":");
      (headers[line.slice(0, colon).toLowerCase()] ??= []).push(line.slice(colon + 1).trim());
    }
    const bodiless = noBody[answers.length] === true || status === 204 || status === 304;
    const body = bodiless ? { text: "", end: at } : readBody(bytes, at, headers);
    answers.push({ status, reason: statusLine.slice(13), headers, body: body.text });
    at = body.end;
  }
  return { answers, rest: bytes.toString("latin1", at) };
}

function readBody(bytes: Buffer, start: number, headers: Record<string, string[]>): { text: string; end: number } {
  const length = headers["content-length"]?.[0];
  if (length !== undefined) {
    const end = Math.min(bytes.length, start + Number(length));
    return { text: bytes.toString("latin1", start, end), end };
  }
  if (headers["transfer-encoding"] === undefined) {
    return { text: bytes.toString("latin1", start), end: bytes.length };
  }
  const chunks: string[] = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) return { text: `${chunks.join("")}<cut short>`, end: bytes.length };
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    at = lineEnd + 2;
    chunks.push(bytes.toString("latin1", at, at + size));
    at += size + 2;
    if (size === 0) return { text: chunks.join(""), end: at };
  }
}
