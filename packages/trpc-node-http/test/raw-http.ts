// HTTP/1.1 by hand: sends bytes exactly as given, and reads answers without repairing anything.
import { connect } from "node:net";

export type Answer = { status: number; reason: string; headers: Record<string, string[]>; body: string };

export type Exchange = { answers: Answer[]; rest: string };

/** A server that has not ended the connection by then is taken for hanging. */
const longestExchangeMs = 25_000;

/** After these events of a subscription it is the client that closes. */
const endOfEvents = /^event: (?:return|serialized-error)$/m;

/**
 * Sends the parts one after the other on one new connection, one part a write, and reads until the server ends it. Once all is sent and
 * all is answered our half is closed, and what comes after that would still be seen. (A request that asks to close has the server close
 * with bytes unread, if the answer is quicker than the body; that resets the connection, and can lose the answer.)
 *
 * @param noBody One for each request: whether its answer has no body, as for HEAD.
 */
export function exchange(port: number, parts: readonly Uint8Array[], noBody: readonly boolean[]): Promise<Exchange> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const received: Buffer[] = [];
    let isSubscription = false;
    let allSent = false;
    const finish = (note: string): void => {
      clearTimeout(timer);
      socket.destroy();
      const read = parseAnswers(Buffer.concat(received), noBody);
      resolve({ answers: read.answers, rest: read.rest + note });
    };
    const endIfAnswered = (): void => {
      if (!allSent || socket.writableEnded) return;
      const { answers, isWhole } = parseAnswers(Buffer.concat(received), noBody);
      if (isWhole && answers.length === noBody.length) socket.end();
    };
    const timer = setTimeout(finish, longestExchangeMs, "<no end>");
    socket.on("data", (chunk: Buffer) => {
      received.push(chunk);
      const text = chunk.toString("latin1");
      isSubscription ||= /^x-accel-buffering: no/im.test(text);
      if (isSubscription && endOfEvents.test(text)) finish("");
      else endIfAnswered();
    });
    socket.on("end", () => finish(""));
    socket.on("error", (error) => finish(`<${error.message}>`));
    socket.on("connect", () => writeParts(0));
    const writeParts = (index: number): void => {
      if (socket.destroyed) return;
      const part = parts[index];
      if (part !== undefined) socket.write(part, () => setImmediate(writeParts, index + 1));
      else {
        allSent = true;
        endIfAnswered();
      }
    };
  });
}

/** Reads answers off the bytes; `noBody[i]` says that request i was a HEAD. */
export function parseAnswers(bytes: Buffer, noBody: readonly boolean[]): Exchange & { isWhole: boolean } {
  let isWhole = true;
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
    const body = bodiless ? { text: "", end: at, isWhole: true } : readBody(bytes, at, headers);
    isWhole &&= body.isWhole;
    answers.push({ status, reason: statusLine.slice(13), headers, body: body.text });
    at = body.end;
  }
  const rest = bytes.toString("latin1", at);
  return { answers, rest, isWhole: isWhole && rest === "" };
}

type Body = { text: string; end: number; isWhole: boolean };

function readBody(bytes: Buffer, start: number, headers: Record<string, string[]>): Body {
  const length = headers["content-length"]?.[0];
  if (length !== undefined) {
    const end = Math.min(bytes.length, start + Number(length));
    return { text: bytes.toString("latin1", start, end), end, isWhole: end === start + Number(length) };
  }
  if (headers["transfer-encoding"] === undefined) {
    return { text: bytes.toString("latin1", start), end: bytes.length, isWhole: false };
  }
  const chunks: string[] = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) return { text: `${chunks.join("")}<cut short>`, end: bytes.length, isWhole: false };
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    at = lineEnd + 2;
    chunks.push(bytes.toString("latin1", at, at + size));
    at += size + 2;
    if (size === 0) return { text: chunks.join(""), end: at, isWhole: at <= bytes.length };
  }
}
