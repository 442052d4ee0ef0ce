// Several requests on one connection: what one of them does must not reach the next.
import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { plainBehaviour } from "./behaviour.ts";
import { expectSame, type RawRequest } from "./compare.ts";
import { type Pair, startPair } from "./pair.ts";
import { parseAnswers } from "./raw-http.ts";

function raw(lines: readonly string[], body = ""): RawRequest {
  const head = [...lines, ...(body && [`Content-Length: ${Buffer.byteLength(body)}`])].join("\r\n");
  return { head, parts: [Buffer.from(`${head}\r\n\r\n${body}`)] };
}

const json = "Content-Type: application/json";
const host = "Host: signet.test";
const close = "Connection: close";

/** Sends them in one write, then each in its own; both must end as tRPC's do. */
async function same(pair: Pair, requests: RawRequest[]): Promise<(readonly [number, string])[]> {
  await expectSame(pair, { behaviour: plainBehaviour, requests, pipelined: true });
  const { answers } = await expectSame(pair, { behaviour: plainBehaviour, requests, pipelined: false });
  return answers.map(({ status, body }) => [status, body] as const);
}

describe("on one connection", () => {
  it("answers in the order of the requests, whichever is done first", async () => {
    await using pair = await startPair();
    const answers = await same(pair, [
      raw(["GET /sleeps HTTP/1.1", host]),
      raw(["GET /toString HTTP/1.1", host]),
      raw(["POST /ping HTTP/1.1", host, json], "1"),
      raw(["GET /unknown HTTP/1.1", host, close]),
    ]);
    expect(answers.map(([status]) => status)).toEqual([200, 200, 200, 404]);
    expect(answers[0]?.[1]).toContain("slept");
    expect(answers[1]?.[1]).toContain("not a method");
  });

  it("does not take a body that nobody read for the next request", async () => {
    await using pair = await startPair();
    const smuggled = "GET /users.save HTTP/1.1\r\nHost: signet.test\r\n\r\n";
    const answers = await same(pair, [
      raw(["POST /ping HTTP/1.1", host, json], smuggled),
      raw(["GET /nothing HTTP/1.1", host], smuggled),
      raw(["POST /unknown HTTP/1.1", host, json], smuggled),
      raw(["GET /toString HTTP/1.1", host, close]),
    ]);
    expect(answers.map(([status]) => status)).toEqual([200, 200, 404, 200]);
  });

  it("answers the request after one whose body was too large", async () => {
    await using pair = await startPair({ handler: (given) => ({ ...given, maxBodySize: 10 }) });
    const answers = await same(pair, [
      raw(["POST /users.save HTTP/1.1", host, json], JSON.stringify("x".repeat(50_000))),
      raw(["POST /users.save HTTP/1.1", host, json], '"small"'),
      raw(["GET /toString HTTP/1.1", host, close]),
    ]);
    expect(answers.map(([status]) => status)).toEqual([413, 200, 200]);
  });

  it("keeps callbacks' headers and cookies to their own answer", async () => {
    await using pair = await startPair();
    const requests = [
      raw(["POST /setsHeaders HTTP/1.1", host, json], "1"),
      raw(["GET /toString HTTP/1.1", host, close]),
    ];
    const { answers } = await expectSame(pair, { behaviour: plainBehaviour, requests, pipelined: true });
    expect(answers.map(({ headers }) => headers["set-cookie"])).toEqual([["from=procedure"], undefined]);
  });

  it("serves a keep-alive agent over one socket, methods and failures mixed", async () => {
    await using pair = await startPair();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    const statuses: (number | undefined)[] = [];
    for (const path of ["/toString", "/unknown", "/failsWith?input=%22x%22", "/nothing,nothing?batch=1", "/nothing"]) {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const sent = httpRequest({ agent, port: pair.ours.port, host: "127.0.0.1", path }, (answer) => {
          ports.add(answer.socket.localPort);
          answer.resume().once("end", () => resolve(answer.statusCode));
        });
        sent.once("error", reject).end();
      });
      statuses.push(status);
    }
    agent.destroy();
    expect(statuses).toEqual([200, 404, 500, 200, 200]);
    expect(ports.size).toBe(1);
  });

  it("answers a client that has closed its own half already, or not, as tRPC does", async () => {
    await using pair = await startPair();
    const answers = await Promise.all(
      [pair.theirs, pair.ours].map(
        ({ port }) =>
          new Promise<unknown>((resolve) => {
            const received: Buffer[] = [];
            const socket = connect(port, "127.0.0.1", () =>
              socket.end("GET /toString HTTP/1.1\r\nHost: signet.test\r\n\r\n"),
            );
            socket.on("data", (chunk) => received.push(chunk));
            socket.on("close", () =>
              resolve(parseAnswers(Buffer.concat(received), [false]).answers.map(({ body }) => body)),
            );
          }),
      ),
    );
    expect(answers[1]).toEqual(answers[0]);
  });
});
