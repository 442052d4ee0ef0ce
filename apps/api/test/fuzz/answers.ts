// Answers off the wire, as they are, one after the other.

export interface Answer {
  status: number;
  headers: Map<string, string[]>;
  body: string;
}

/** Takes bytes as they come, and gives whole answers. */
export interface AnswerReader {
  add(bytes: Buffer): void;
  /** The next whole answer, if it is there. @param isHead Whether it has no body for being one to HEAD. */
  next(isHead: boolean): Answer | undefined;
  /** What is left over. */
  rest(): string;
}

export function createAnswerReader(): AnswerReader {
  let bytes: Buffer = Buffer.alloc(0);

  function read(isHead: boolean): { answer: Answer; end: number } | undefined {
    const headEnd = bytes.indexOf("\r\n\r\n");
    if (headEnd === -1) return undefined;
    const [statusLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
    if (!/^HTTP\/1\.1 [1-5]\d\d /.test(statusLine)) throw new TypeError(`No answer: ${statusLine.slice(0, 100)}`);
    const headers = new Map<string, string[]>();
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).toLowerCase();
      headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
    }
    const status = Number(statusLine.slice(9, 12));
    const hasNoBody = isHead || status < 200 || status === 204 || status === 304;
    const body = hasNoBody ? { text: "", end: headEnd + 4 } : readBody(bytes, headEnd + 4, headers);
    return body && { answer: { status, headers, body: body.text }, end: body.end };
  }

  return {
    add(more) {
      bytes = bytes.length === 0 ? more : Buffer.concat([bytes, more]);
    },
    next(isHead) {
      for (;;) {
        const found = read(isHead);
        if (found === undefined) return undefined;
        bytes = bytes.subarray(found.end);
        if (found.answer.status >= 200) return found.answer;
      }
    },
    rest: () => bytes.toString("latin1"),
  };
}

function readBody(bytes: Buffer, start: number, headers: Answer["headers"]): { text: string; end: number } | undefined {
  const length = headers.get("content-length")?.[0];
  if (length !== undefined) {
    const end = start + Number(length);
    return end <= bytes.length ? { text: bytes.toString("utf8", start, end), end } : undefined;
  }
  // Without either, nothing says where it ends: those that Node makes itself have no body.
  if (!headers.has("transfer-encoding")) return { text: "", end: start };
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (end + 2 > bytes.length) return undefined;
    chunks.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
    if (size === 0) return { text: Buffer.concat(chunks).toString("utf8"), end: at };
  }
}
