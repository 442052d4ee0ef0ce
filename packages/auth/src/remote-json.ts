// One GET for a JSON object somewhere else, with bounds on everything that comes back. What the object says is the caller's
// business.

import { type JsonObject, parseJsonObject } from "./strict-json.ts";

export interface RemoteJsonOptions {
  fetch: typeof fetch;
  /** The most bytes the body may have, after it was unpacked. */
  maxBytes: number;
  signal: AbortSignal;
  /** Default: strictly, see `parseJsonObject`. */
  parse?: (bytes: Uint8Array) => JsonObject;
  headers?: Readonly<Record<string, string>>;
}

export interface RemoteJson {
  status: number;
  headers: Headers;
  /** Undefined for 304, which an answer may only be to a question with `If-None-Match`. */
  body: JsonObject | undefined;
}

const jsonMediaType = /^application\/(?:[\w.+-]+\+)?json[ \t]*(?:;|$)/i;

/** An answer that came, and is not what was asked for. */
export class RemoteAnswerError extends Error {
  override readonly name = "RemoteAnswerError";
  /** The HTTP status; for a redirect that the runtime hides, 0. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Fetches a JSON object. Redirects are not followed: whoever can bend our way must not choose where we go.
 *
 * @throws RemoteAnswerError for another status than 200, another media type or too long a body; SyntaxError or TypeError for a
 *   body that is not one JSON object; whatever `fetch` throws when nothing comes
 */
export async function fetchJson(url: string, options: RemoteJsonOptions): Promise<RemoteJson> {
  const { fetch, maxBytes, signal, parse = parseJsonObject, headers = {} } = options;
  const response = await fetch(url, {
    headers: { Accept: "application/json", ...headers },
    // Not "error", which some edge runtimes do not know. "manual" gives the redirect itself, or status 0.
    redirect: "manual",
    signal,
  });
  try {
    const { status } = response;
    if (status === 304 && "If-None-Match" in headers) return { status, headers: response.headers, body: undefined };
    if (status !== 200) throw new RemoteAnswerError(status, `The answer has the status ${status}.`);
    if (!jsonMediaType.test(response.headers.get("Content-Type") ?? "")) {
      throw new RemoteAnswerError(status, "The answer is not of a JSON media type.");
    }
    return { status, headers: response.headers, body: parse(await readBody(response, maxBytes)) };
  } finally {
    // What nobody reads would keep its connection. Fails where the body was read to its end, which is all right.
    await response.body?.cancel().catch(() => {});
  }
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
      length += next.value.byteLength;
      // By what came, not by what Content-Length promised.
      if (length > maxBytes) {
        throw new RemoteAnswerError(response.status, `The answer is longer than ${maxBytes} bytes.`);
      }
      chunks.push(next.value);
    }
  } finally {
    reader?.releaseLock();
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}
