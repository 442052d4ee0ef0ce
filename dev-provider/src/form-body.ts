// The body of a form, which is small.

import type { IncomingMessage } from "node:http";

const maxBytes = 16 * 1024;

export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("The body was decoded before it came here.");
    length += chunk.byteLength;
    if (length > maxBytes) throw new Error(`The form is longer than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
