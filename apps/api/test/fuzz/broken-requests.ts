// Requests that two servers in a row would read differently, or that are no HTTP: refused, and the connection closed, so that nothing
// behind them is taken for a request of its own.

import type { Chance } from "./chance.ts";
import { type FuzzRequest, pieces } from "./messages.ts";
import type { Scene } from "./scene.ts";

type Broken = Omit<FuzzRequest, "seed">;

export function brokenRequest(chance: Chance, scene: Scene): Broken {
  const authorization = `Authorization: Bearer ${scene.asker.token}`;
  // Whoever answers this one has been smuggled a request.
  const hidden = `GET /api/protected HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n\r\n`;
  const post = (lines: string, body: string) =>
    `POST /auth/refresh HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n\r\n${body}`;
  const get = (lines: string) =>
    `GET /api/protected HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n${lines}\r\n\r\n`;
  const text = chance.pick<() => string>([
    () => post("Content-Length: 5\r\nTransfer-Encoding: chunked", `0\r\n\r\n${hidden}`),
    () => post("Transfer-Encoding: chunked\r\nContent-Length: 5", `0\r\n\r\n${hidden}`),
    () => post(`Content-Length: 0\r\nContent-Length: ${hidden.length}`, hidden),
    () => post(`Content-Length: ${hidden.length}\r\nContent-Length: ${hidden.length}`, hidden),
    () => post(`Content-Length: 0, ${hidden.length}`, hidden),
    () =>
      post(
        `Content-Length: ${chance.pick(["-1", "+0", "0x0", "1e1", "0 0", "٣", "", "99999999999999999999"])}`,
        hidden,
      ),
    () =>
      post(
        `Transfer-Encoding: ${chance.pick(["xchunked", "chunked, identity", "identity", "chunked, x"])}`,
        `0\r\n\r\n${hidden}`,
      ),
    () => post("Transfer-Encoding : chunked", `0\r\n\r\n${hidden}`),
    () => post("Transfer-Encoding:\u000bchunked", `0\r\n\r\n${hidden}`),
    () =>
      post(
        "Transfer-Encoding: chunked",
        `${chance.pick(["z", "-1", "0x1", "ffffffffffffffffff", "1;\n", " 1"])}\r\n\r\n${hidden}`,
      ),
    () => post("Transfer-Encoding: chunked", `1\r\nab\r\n0\r\n\r\n${hidden}`),
    () => get("X-A: 1\r\n folded: 2").replace(authorization, "X-B: 1"),
    () => get("X-A : 1"),
    () => get("X A: 1"),
    () => get("no colon"),
    () => get(": no name"),
    () => get("X-A: a\u0000b"),
    () => get("X-A: a\rb"),
    () => get("X-A: a\u007fb"),
    () => get("X-\u00e9: 1"),
    () => hidden.replace("Host: localhost\r\n", ""),
    () => hidden.replaceAll("\r\n", "\n"),
    () => hidden.replaceAll("\r\n", "\r"),
    () => hidden.replace("HTTP/1.1", chance.pick(["HTTP/1.2", "HTTP/9.9", "http/1.1", "HTTQ/1.1", "HTTP/11"])),
    () => hidden.replace("GET", chance.pick(["get", "GETT", "BREW", "G\u00c9T", "__proto__", "toString", ""])),
    () =>
      hidden.replace(
        "/api/protected",
        chance.pick(["/a b", "/\u00e9", "/?\u00e9", "/a\tb", "api/protected", "", "?x"]),
      ),
    () => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
    () => "\u0016\u0003\u0001\u0002\u0000\u0001\u0000",
    () => `${"A".repeat(1 + chance.below(3_000))}\r\n\r\n`,
    () => get(`X-Large: ${"a".repeat(chance.pick([17_000, 70_000]))}`),
    () => `GET /${"a".repeat(17_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  ])();
  return { parts: [Buffer.from(text, "latin1")], isHead: false, end: "closes", mayKnow: false };
}

/** The beginning of a request, and then nothing more: the client hangs up. */
export function cutRequest(chance: Chance, whole: FuzzRequest): FuzzRequest {
  const bytes = Buffer.concat(whole.parts);
  const [begun = bytes.subarray(0, 1)] = pieces(chance, bytes);
  return { ...whole, parts: [begun], end: "is cut" };
}
