// What a provider may send in place of an answer: everything that goes wrong on the way, and everything that somebody could send to do
// harm.

import type { IncomingMessage, ServerResponse } from "node:http";
import { createGzip } from "node:zlib";

export type Trouble = (request: IncomingMessage, response: ServerResponse) => void;

const json = { "Content-Type": "application/json" };
const chunk = Buffer.alloc(64 * 1024, " ");
const billion = 1_000_000_000;

export const troubles = {
  /** Nothing comes, and the connection stays. */
  hang: () => {},
  /** The head comes and then nothing. */
  hangAfterHead: (_request, response) => void response.writeHead(200, json).flushHeaders(),
  /** A byte now and then, for ever. */
  trickle: (_request, response) => {
    response.writeHead(200, json);
    const timer = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(timer));
  },
  serverError: (_request, response) => void response.writeHead(500, json).end('{"error":"server_error"}'),
  tooManyRequests: (_request, response) => void response.writeHead(429, json).end('{"error":"slow_down"}'),
  notFound: (_request, response) => void response.writeHead(404, json).end("{}"),
  /** A billion bytes, as fast as they are read. */
  huge: (_request, response) => {
    response.writeHead(200, json);
    write(response, billion);
  },
  /** A billion bytes in a thousandth of that. */
  gzipBomb: (_request, response) => {
    response.writeHead(200, { ...json, "Content-Encoding": "gzip" });
    const gzip = createGzip();
    gzip.pipe(response);
    response.on("close", () => gzip.destroy());
    write(gzip, billion);
  },
  /** To where clouds keep the credentials of their machines. */
  redirectInside: (_request, response) =>
    void response.writeHead(302, { Location: "http://169.254.169.254/latest/meta-data/" }).end(),
  notJson: (_request, response) => void response.writeHead(200, json).end("certainly {not JSON"),
  /** JSON that is no object. */
  notAnObject: (_request, response) => void response.writeHead(200, json).end("[]"),
  page: (_request, response) =>
    void response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Back soon</title>"),
  cutOff: (_request, response) => {
    response.writeHead(200, { ...json, "Content-Length": 1000 }).write("{");
    setImmediate(() => response.destroy());
  },
} satisfies Record<string, Trouble>;

function write(to: NodeJS.WritableStream & { destroyed?: boolean }, bytes: number): void {
  let left = bytes;
  const more = () => {
    while (left > 0 && to.destroyed !== true) {
      left -= chunk.length;
      if (!to.write(chunk)) return void to.once("drain", more);
    }
    if (to.destroyed !== true) to.end();
  };
  more();
}
