// Clients that are slow, silent, greedy or many (SRV-04, F41, F42, F48, F50). Times are short here; what is measured at the usual ones,
// with the figures, is in apps/api/test/load.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { request as send } from "node:http";
import { connect, Socket } from "node:net";
import { createInterface } from "node:readline";
import { type Api, createLogger } from "@signet/api";
import { afterEach, describe, expect, test } from "vitest";
import { createConnections } from "../src/connections.ts";
import { createHttpServer, type HttpServer } from "../src/http-server.ts";

type Options = Parameters<typeof createHttpServer>[0];
type Pages = Parameters<HttpServer["open"]>[1];

/** One that has nothing to answer: all is for the pages. */
const noApi: Api = {
  owns: () => false,
  handle: () => Promise.reject(new Error("not asked for")),
  trpc: { takes: () => false, handle: () => {} },
  releaseWaiting: () => {},
};

let running: HttpServer | undefined;
const sockets = new Set<Socket>();
const lines: string[] = [];

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  running?.server.close();
  lines.length = 0;
});

async function serve(
  limits: Options["limits"] = {},
  pages: Pages = done,
  options: Partial<Options> = {},
  api: Api = noApi,
) {
  running = createHttpServer({
    origin: "http://localhost:3000",
    trustedProxyHops: 0,
    log: createLogger("error", { write: (line: string) => void lines.push(line) }),
    limits: { checkEveryMs: 5, ...limits },
    ...options,
  });
  running.open(api, pages);
  running.server.listen(0, "127.0.0.1");
  await once(running.server, "listening");
  const address = running.server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return address.port;
}

const done: Pages = (_request, response) => void response.end("done");

/** A connection, and whether the server has ended it. */
async function open(port: number) {
  const socket = connect({ port, host: "127.0.0.1" });
  sockets.add(socket);
  let text = "";
  socket.on("data", (chunk) => (text += String(chunk)));
  socket.on("error", () => {});
  const ended = new Promise<string>((resolve) => socket.once("close", () => resolve(text)));
  await once(socket, "connect");
  return { socket, ended, text: () => text };
}

const get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** Sends one request and waits for its answer, on a connection that stays. */
async function ask({ socket, text }: Awaited<ReturnType<typeof open>>): Promise<string> {
  const before = text().length;
  socket.write(get);
  await expect.poll(() => text().slice(before)).toMatch(/\r\n\r\n/);
  return text().slice(before);
}

describe("slow clients (F41)", () => {
  test("a connection on which nothing comes is ended", async () => {
    const { ended } = await open(await serve({ headersTimeoutMs: 20 }));
    expect(await ended).toContain("408");
  });

  test("headers that come by and by are cut off", async () => {
    const { socket, ended } = await open(await serve({ headersTimeoutMs: 50 }));
    socket.write("GET / HTTP/1.1\r\n");
    const more = setInterval(() => socket.write("x: y\r\n"), 2);
    expect(await ended).toContain("408");
    clearInterval(more);
  });

  const slowPost = "POST /api/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n";
  const slowBody = { headersTimeoutMs: 50, requestTimeoutMs: 50 };

  test("a body that comes by and by is cut off, though its request was refused long ago", async () => {
    const { socket, ended } = await open(await serve(slowBody));
    socket.write(slowPost);
    const more = setInterval(() => socket.write("x"), 2);
    expect(await ended).toContain("405");
    clearInterval(more);
  });

  test("a body that comes by and by is cut off, and who waits for it is told", async () => {
    let told = false;
    const handle = async (request: Request) => {
      await request.text().catch(() => (told = true));
      return new Response("done");
    };
    const { socket, ended } = await open(await serve(slowBody, done, {}, { ...noApi, owns: () => true, handle }));
    socket.write(slowPost);
    const more = setInterval(() => socket.write("x"), 2);
    expect(await ended).toContain("408");
    clearInterval(more);
    await expect.poll(() => told).toBe(true);
  });

  test("a body that is announced as too large is not taken in, also where nobody would read it (F42)", async () => {
    let asked = 0;
    const port = await serve({}, (_request, response) => {
      asked += 1;
      response.end("done");
    });
    const { socket, ended } = await open(port);
    socket.write("GET /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n\r\n");
    const answer = await ended;
    expect(answer).toContain("413");
    expect(answer).toContain("payload_too_large");
    expect(asked).toBe(0);
    const twin = await open(port);
    twin.socket.write(`GET /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65536\r\n\r\n${"x".repeat(65_536)}`);
    await expect.poll(twin.text).toContain("done");
  });

  test("a body without a length is not waited for once its request is answered (F42)", async () => {
    const { socket, ended } = await open(await serve());
    socket.write("POST /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    let sent = 0;
    const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
    const more = setInterval(() => {
      sent += socket.write(chunk) ? 1 : 0;
    }, 1);
    expect(await ended).toContain("405");
    clearInterval(more);
    expect(sent).toBeLessThan(1_000);
  });

  test("a transfer coding that nobody here undoes is refused, not overlooked", async () => {
    const { socket, ended } = await open(await serve());
    socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
    expect(await ended).toContain("400");
  });

  test("an answer of which nothing is taken is dropped, and its connection", async () => {
    let closed = false;
    const port = await serve({ stalledMs: 20 }, (_request, response) => {
      response.once("close", () => (closed = true));
      response.end(Buffer.alloc(64 * 1024 * 1024));
    });
    const { socket } = await open(port);
    socket.pause();
    socket.write(get);
    await expect.poll(() => closed).toBe(true);
    await expect.poll(() => connectionsOf(running)).toBe(0);
  });

  test("a reader that takes a little, again and again, is cut off in the end", async () => {
    let closed = false;
    const port = await serve({ stalledMs: 1_000_000, slowMs: 50 }, (_request, response) => {
      response.once("close", () => (closed = true));
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
      };
      response.on("drain", more);
      more();
    });
    const { socket } = await open(port);
    socket.pause();
    socket.write(get);
    const sip = setInterval(() => socket.read(1024), 2);
    await expect.poll(() => closed).toBe(true);
    clearInterval(sip);
  });

  test("a reader that goes on is given its time", () => {
    let now = 0;
    const connections = createConnections({
      maxConnections: 1,
      maxConnectionsPerNetwork: 1,
      maxUnanswered: 1,
      stalledMs: 10,
      slowMs: 100,
      monotonicMs: () => now,
    });
    const socket = Object.assign(new Socket(), { waiting: 50 });
    Object.defineProperty(socket, "bytesWritten", { value: 50 });
    Object.defineProperty(socket, "writableLength", { get: () => socket.waiting });
    sockets.add(socket);
    connections.add(socket);
    for (; now < 45; now += 9) {
      connections.cutSlowReaders();
      socket.waiting -= 1;
    }
    expect(socket.destroyed).toBe(false);
    now += 10;
    connections.cutSlowReaders();
    expect(socket.destroyed).toBe(false);
    now += 10;
    connections.cutSlowReaders();
    expect(socket.destroyed).toBe(true);
  });

  test("a reader who takes all he can gets all of a long answer, and his connection stays", async () => {
    const size = 4 * 1024 * 1024;
    const port = await serve({ stalledMs: 1_000 }, (_request, response) => void response.end(Buffer.alloc(size)));
    const connection = await open(port);
    for (let round = 0; round < 2; round++) {
      const before = connection.text().length;
      connection.socket.write(get);
      await expect.poll(() => connection.text().length - before, { timeout: 10_000 }).toBeGreaterThan(size);
    }
    expect(connection.socket.destroyed).toBe(false);
  });

  test("who keeps a connection for the next request is not cut off for being slow", async () => {
    const connection = await open(await serve({ headersTimeoutMs: 20, requestTimeoutMs: 20, stalledMs: 1, slowMs: 1 }));
    await ask(connection);
    // By this many looks at the connections somebody silent is gone.
    await (await open(addressOf(running))).ended;
    expect(await ask(connection)).toContain("200");
  });
});

describe("many connections", () => {
  test("one address has so many places, and no other loses one for it", async () => {
    const port = await serve({ maxConnectionsPerNetwork: 3 });
    const first = await Promise.all([1, 2, 3].map(() => open(port)));
    expect(await (await open(port)).ended).toBe("");
    const other = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2" });
    sockets.add(other);
    other.write(get);
    expect(String(await once(other, "data"))).toContain("200");
    for (const connection of first) expect(await ask(connection)).toContain("200");
  });

  test("a place is free again when its connection ends", async () => {
    const port = await serve({ maxConnectionsPerNetwork: 2 });
    const stays = await open(port);
    for (let round = 0; round < 5; round++) {
      const connection = await open(port);
      expect(await ask(connection)).toContain("200");
      connection.socket.destroy();
      await expect.poll(() => connectionsOf(running)).toBe(1);
    }
    expect(await ask(stays)).toContain("200");
  });

  test("behind a proxy all come from one address, and none is turned away for it", async () => {
    const port = await serve({ maxConnectionsPerNetwork: 1 }, done, { trustedProxyHops: 1 });
    const all = await Promise.all([1, 2, 3, 4].map(() => open(port)));
    for (const connection of all) expect(await ask(connection)).toContain("200");
  });

  test("when all places are taken, whoever has rested longest makes room, whether it has asked before or not", async () => {
    const port = await serve({ maxConnections: 3 });
    const asked = await open(port);
    await ask(asked);
    const silent = await open(port);
    const asks = await open(port);
    await ask(asks);
    expect(await ask(await open(port))).toContain("200");
    await asked.ended;
    expect(silent.socket.destroyed).toBe(false);
    expect(await ask(await open(port))).toContain("200");
    await silent.ended;
    expect(await ask(asks)).toContain("200");
  });

  test("those who come together do not push each other out", async () => {
    const port = await serve({ maxConnections: 6 });
    const rested = await Promise.all(Array.from({ length: 6 }, () => open(port)));
    for (const connection of rested) await ask(connection);
    const together = await Promise.all(Array.from({ length: 5 }, () => open(port)));
    for (const connection of together) expect(await ask(connection)).toContain("200");
  });

  test("nobody who is being answered makes room", async () => {
    let finish: (() => void) | undefined;
    const port = await serve({ maxConnections: 1 }, (_request, response) => {
      finish = () => void response.end("done");
    });
    const busy = await open(port);
    busy.socket.write(get);
    await expect.poll(() => finish).toBeDefined();
    expect(await (await open(port)).ended).toBe("");
    finish?.();
    await expect.poll(busy.text).toContain("done");
  });
});

describe("many at once on one connection", () => {
  test("so many may wait for their answers", async () => {
    const answers: (() => void)[] = [];
    const port = await serve({ maxUnanswered: 4 }, (_request, response) => {
      answers.push(() => void response.end("done"));
    });
    const { socket, text } = await open(port);
    socket.write(get.repeat(4));
    await expect.poll(() => answers.length).toBe(4);
    for (const finish of answers) finish();
    await expect.poll(() => text().match(/done/g)?.length).toBe(4);
  });

  test("a flood of them ends the connection, and what came behind is not begun", async () => {
    let begun = 0;
    const port = await serve({ maxUnanswered: 4 }, () => {
      begun += 1;
    });
    const { socket, ended } = await open(port);
    socket.write(get.repeat(1_000));
    await ended;
    expect(begun).toBe(4);
  });
});

describe("requests that are too large (F42)", () => {
  const headers = (count: number) => Array.from({ length: count }, (_, index) => `x${index}: y\r\n`).join("");

  test("as many headers as anybody has are fine; more are refused, not left out", async () => {
    const port = await serve();
    const { socket, text } = await open(port);
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\n${headers(99)}\r\n`);
    await expect.poll(text).toContain("200 OK");
    for (const count of [100, 2_000, 3_000]) {
      const greedy = await open(port);
      greedy.socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\n${headers(count)}\r\n`);
      expect(await greedy.ended).toContain("431");
    }
  });

  test.each([17 * 1024, 1024 * 1024])("a header of %i bytes is refused", async (size) => {
    const { socket, ended } = await open(await serve());
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nx: ${"y".repeat(size)}\r\n\r\n`);
    expect(await ended).toContain("431");
  });
});

describe("what nobody foresaw (F50)", () => {
  test("costs the one request 500, the log a line, and nobody else anything", async () => {
    const port = await serve({}, (request, response) => {
      if (request.url === "/throws") throw new Error("thrown");
      if (request.url === "/rejects") return Promise.reject(new Error("rejected"));
      if (request.url === "/late") {
        response.write("half");
        return Promise.reject(new Error("too late"));
      }
      return response.end("done");
    });
    const statusOf = (path: string) =>
      new Promise<number | string>((resolve) => {
        const request = send({ port, path }, (response) => {
          response.on("error", () => resolve("cut off")).on("end", () => resolve(response.statusCode ?? 0));
          response.resume();
        });
        request.on("error", () => resolve("cut off")).end();
      });
    expect(await statusOf("/throws")).toBe(500);
    expect(await statusOf("/rejects")).toBe(500);
    expect(await statusOf("/late")).toBe("cut off");
    expect(await statusOf("/")).toBe(200);
    expect(lines.map((line) => JSON.parse(line).err.message)).toEqual(["thrown", "rejected", "too late"]);
  });
});

const program = `
  import { createServer } from "node:net";
  import { createHttpServer, surviveStrayRejections } from "./index.js";
  import { createLogger } from "@signet/api";
  const log = createLogger("silent");
  surviveStrayRejections(log);
  const { server, open } = createHttpServer({ origin: "http://localhost:3000", trustedProxyHops: 0, log });
  const api = { owns: () => false, trpc: { takes: () => false } };
  open(api, (request, response) => {
    if (request.url === "/stray") void Promise.reject(new Error("stray"));
    response.end("done");
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

/** A server that is a process, which may have so many files open. */
async function serveWithFiles(files: number) {
  const child = spawn(
    "sh",
    ["-c", `ulimit -n ${files} && exec "$0" --input-type=module --eval "$1"`, process.execPath, program],
    { cwd: new URL("../dist", import.meta.url), stdio: ["ignore", "pipe", "inherit"] },
  );
  const [port] = await once(createInterface(child.stdout), "line");
  return { child, port: Number(port) };
}

describe.runIf(process.platform !== "win32")("a process that", () => {
  test("has no file descriptors left serves those who are there, and takes others again when it has some (F48)", async () => {
    const { child, port } = await serveWithFiles(200);
    const there = await open(port);
    expect(await ask(there)).toContain("200");
    const others = await Promise.all(Array.from({ length: 300 }, () => open(port)));
    await expect.poll(() => others.filter(({ socket }) => socket.destroyed).length).toBeGreaterThan(50);
    expect(await ask(there)).toContain("200");
    for (const { socket } of others) socket.destroy();
    const accepted = async () => {
      const connection = await open(port);
      connection.socket.write(get);
      connection.socket.end();
      return connection.ended;
    };
    await expect.poll(accepted).toContain("200");
    expect(child.exitCode).toBeNull();
    child.kill();
  });

  test("has a promise fail that nobody waited for serves on (F50)", async () => {
    const { child, port } = await serveWithFiles(200);
    expect((await fetch(`http://127.0.0.1:${port}/stray`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    expect(child.exitCode).toBeNull();
    child.kill();
  });
});

function addressOf(http: HttpServer | undefined): number {
  const address = http?.server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function connectionsOf(http: HttpServer | undefined): Promise<number> {
  return new Promise((resolve) => http?.server.getConnections((_error, count) => resolve(count)));
}
