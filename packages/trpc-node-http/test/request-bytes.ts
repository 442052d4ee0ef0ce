// Writes a request as bytes, as oddly as it was asked for.
import type { Call } from "./calls.ts";
import type { RawRequest } from "./compare.ts";
import { wrapped } from "./transformer.ts";

export type RequestOptions = {
  basePath: string;
  transforms: boolean /** Bodies grow by up to so many spaces. */;
  maxPadding?: number;
};

export type Header = readonly [string, string];

export const boundary = "----form-boundary";
const form = [
  `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n`,
  `--${boundary}\r\ncontent-disposition: form-data; name="__proto__[x]"\r\n\r\npolluted\r\n--${boundary}--\r\n`,
].join("");

/** One request before it is written. */
export type Parts = {
  calls: Call[];
  oddTarget: string | undefined;
  contentType: string | undefined;
  headers: readonly Header[];
  parameters: readonly string[];
  padding: number;
} & Record<"batch" | "method" | "base" | "encoding" | "inputIn" | "host" | "version" | "bodyForm" | "framing", string>;

export function renderRequest(parts: Parts, options: RequestOptions): RawRequest {
  const batched = parts.batch === "fits" ? parts.calls.length > 1 : parts.batch !== "none";
  const method = parts.method === "fits" ? (parts.calls[0]?.type === "mutation" ? "POST" : "GET") : parts.method;
  const input = inputText(parts.calls, batched, options.transforms);
  const inBody = parts.inputIn === "body" || parts.inputIn === "both" || (parts.inputIn === "fits" && method !== "GET");
  const inQuery =
    parts.inputIn === "query" || parts.inputIn === "both" || (parts.inputIn === "fits" && method === "GET");
  const query = [
    ...(batched ? [`batch=${parts.batch === "0" ? 0 : 1}`] : []),
    ...(inQuery && input !== undefined
      ? [`input=${encodeURIComponent(Buffer.from(input).toString()).replaceAll("%20", "+")}`]
      : []),
    ...parts.parameters,
  ].join("&");
  const path = encodePath(parts.calls.map((call) => call.path).join(","), parts.encoding);
  const target =
    parts.oddTarget === undefined
      ? `${parts.base}${path}${query && `?${query}`}`
      : parts.base + parts.oddTarget.slice(1);
  const body = inBody ? bodyBytes(input, parts) : undefined;
  const head = [
    `${method} ${parts.oddTarget?.startsWith("/") === false ? parts.oddTarget : target} HTTP/${parts.version}`,
    ...(parts.version === "1.0" && parts.host === "" ? [] : [`Host: ${parts.host}`]),
    ...(parts.contentType === undefined ? [] : [`Content-Type: ${parts.contentType}`]),
    ...parts.headers.map(([name, value]) => `${name}: ${value}`),
    `Connection: ${parts.version === "1.0" ? "close" : "keep-alive"}`,
  ];
  return framed(head, body, parts.framing);
}

function inputText(list: readonly Call[], batched: boolean, transforms: boolean): string | undefined {
  const texts = list.map(({ input }) => (transforms ? wrappedText(input) : input));
  if (!batched) return texts[0];
  const members = texts.flatMap((text, index) => (text === undefined ? [] : [`"${index}":${text}`]));
  return members.length === 0 ? undefined : `{${members.join(",")}}`;
}

function wrappedText(input: string | undefined): string | undefined {
  try {
    return input === undefined ? undefined : JSON.stringify(wrapped(JSON.parse(input)));
  } catch {
    return input;
  }
}

function encodePath(path: string, encoding: string): string {
  if (encoding === "once") return encodeURIComponent(path).replaceAll("%2C", ",");
  if (encoding === "twice") return encodeURIComponent(encodeURIComponent(path));
  const bytes = Buffer.from(path);
  if (encoding === "all") return bytes.reduce((text, byte) => `${text}%${byte.toString(16).padStart(2, "0")}`, "");
  return path.replaceAll(/[^\u0021-\u007E]/g, "~");
}

function bodyBytes(input: string | undefined, { bodyForm, padding }: Parts): Buffer {
  const text = Buffer.from(`${input ?? ""}${" ".repeat(padding)}`);
  switch (bodyForm) {
    case "invalid UTF-8":
      return Buffer.concat([text.subarray(0, -1), Buffer.from([0xff, 0xc3, 0xe2, 0x82]), text.subarray(-1)]);
    case "byte order mark":
      return Buffer.concat([Buffer.from("\uFEFF"), text]);
    case "two byte order marks":
      return Buffer.concat([Buffer.from("\uFEFF\uFEFF"), text]);
    case "garbage":
      return Buffer.from('{"name":');
    case "empty":
      return Buffer.alloc(0);
    case "form":
      return Buffer.from(form);
    case "binary":
      return Buffer.from([0, 1, 2, 254, 255]);
    default:
      return text;
  }
}

function framed(head: readonly string[], body: Buffer | undefined, framing: string): RawRequest {
  const lines = [...head];
  let payload = [body ?? Buffer.alloc(0)];
  if (body !== undefined && framing.includes("split")) {
    payload = [body.subarray(0, 1), body.subarray(1, body.length / 2 + 1), body.subarray(body.length / 2 + 1)];
  }
  if (body !== undefined && framing.startsWith("chunked")) {
    lines.push("Transfer-Encoding: chunked");
    const chunks = payload.filter((part) => part.length > 0);
    payload = [...chunks.map(chunk), Buffer.from("0\r\n\r\n")];
  } else if (body !== undefined) {
    lines.push(`Content-Length: ${body.length}`);
  }
  const headBytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return { head: lines[0] ?? "", parts: [headBytes, ...payload] };
}

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}
