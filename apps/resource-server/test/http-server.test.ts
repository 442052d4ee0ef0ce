// The server around the service: what does not depend on what is answered.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createHttpServer, type HttpServer } from "../src/http-server.ts";

let running: HttpServer | undefined;
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  running?.server.close();
});

async function listening(answer: () => Promise<Response>, maxConnections?: number): Promise<number> {
  running = createHttpServer(
    {
      handle: answer,
      failed: () => Response.json({ error: "server_error" }, { status: 500 }),
      announceEnd: () => {},
    },
    maxConnections === undefined ? {} : { maxConnections },
  );
  running.server.listen(0, "127.0.0.1");
  await once(running.server, "listening");
  return (running.server.address() as AddressInfo).port;
}

async function hanging(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return socket;
}

test("takes so many connections and no more (SRV-04)", async () => {
  const port = await listening(() => new Promise(() => {}), 3);
  const taken = await Promise.all([hanging(port), hanging(port), hanging(port)]);
  const dropped = await hanging(port);
  await expect.poll(() => dropped.closed).toBe(true);
  expect(taken.map(({ closed }) => closed)).toEqual([false, false, false]);
});

test("cuts off what does not end by itself (SRV-05)", async () => {
  const socket = await hanging(await listening(() => new Promise(() => {})));
  await running?.drain(100);
  await expect.poll(() => socket.closed).toBe(true);
});

test("answers 500, and goes on, where a service breaks its word and throws (SRV-06)", async () => {
  const port = await listening(() => Promise.reject(new Error("canary")));
  for (let round = 0; round < 2; round += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("canary");
  }
});

test.each(["/\\other.example", "*"])("an address such as %s cannot be read: 400 (SRV-06)", async (target) => {
  const port = await listening(() => Promise.resolve(Response.json({})));
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  let answer = "";
  for await (const bytes of socket) answer += bytes;
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('"reason":"input_invalid"');
});

test("sends what keeps browsers from making more of an answer than it is", async () => {
  const port = await listening(() => Promise.resolve(Response.json({})));
  const { headers } = await fetch(`http://127.0.0.1:${port}/`);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(headers.get("x-frame-options")).toBe("DENY");
});
