// HTTP/1.1 requests as bytes, written down part by part, so that each part can be wrong.

import type { Chance } from "./chance.ts";

export interface Message {
  method: string;
  target: string;
  headers: (readonly [name: string, value: string])[];
  body?: Buffer;
}

/** What becomes of the connection. */
export type End =
  /** It stays open, and the request is answered. */
  | "stays"
  /** It may be closed, after an answer or without one. */
  | "may close"
  /** Nothing but a refusal may come, and it is closed. */
  | "closes"
  /** We hang up in the middle. */
  | "is cut";

export interface FuzzRequest {
  seed: number;
  /** Written one after the other. */
  parts: Buffer[];
  isHead: boolean;
  end: End;
  /** Whether it carries what entitles to learn who somebody is. */
  mayKnow: boolean;
  /** Where the contract leaves no choice. */
  status?: number;
}

/** Node's limit for a head is 16 KiB; below this nobody is refused for it. */
const safeHeadBytes = 15_000;
const maxBodyBytes = 64 * 1024;

/** The bytes of a message that is framed as it should be, and what that may do to the connection. */
export function framed(chance: Chance, message: Message): Pick<FuzzRequest, "parts" | "isHead" | "end"> {
  const { method, target, headers, body } = message;
  const chunked = body !== undefined && chance.often(0.15);
  const framing: [string, string][] = [];
  if (chunked) framing.push(["Transfer-Encoding", "chunked"]);
  else if (body !== undefined) framing.push(["Content-Length", String(body.length)]);
  const lines = ["Host: localhost", ...[...headers, ...framing].map(([name, value]) => `${name}: ${cleaned(value)}`)];
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  const payload = body === undefined ? [] : chunked ? chunks(chance, body) : [body];
  const isSmall = head.length <= safeHeadBytes && (body?.length ?? 0) <= maxBodyBytes;
  return {
    parts: chance.often(0.05) ? pieces(chance, Buffer.concat([head, ...payload])) : [Buffer.concat([head, ...payload])],
    isHead: method === "HEAD",
    end: isSmall ? "stays" : "may close",
  };
}

/** Characters that would end the line, or the request, are what broken requests are for. */
function cleaned(value: string): string {
  return value.replaceAll(/[^\P{Cc}\t\u0080-\u009f]/gu, "");
}

function chunks(chance: Chance, body: Buffer): Buffer[] {
  const written: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const size = 1 + chance.below(Math.max(16, body.length));
    const part = body.subarray(at, at + size);
    const extension = chance.often(0.1) ? ";a=b" : "";
    written.push(Buffer.from(`${part.length.toString(16)}${extension}\r\n`), part, Buffer.from("\r\n"));
    at += size;
  }
  const trailer = chance.often(0.1) ? "Authorization: Bearer a.b.c\r\n" : "";
  return [...written, Buffer.from(`0\r\n${trailer}\r\n`)];
}

export function pieces(chance: Chance, bytes: Buffer): Buffer[] {
  const [a, b] = [chance.below(bytes.length), chance.below(bytes.length)].toSorted((one, other) => one - other);
  return [bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b)].filter((piece) => piece.length > 0);
}
