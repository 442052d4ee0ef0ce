// Over real HTTP: what a runtime's own fetch does with redirects, packed bodies and connections that break is part of what is
// promised here.

import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listen } from "../test/adapters/adapter-scene.ts";
import { fetchJson } from "./remote-json.ts";

type Answer = (response: ServerResponse) => void;

let server: Awaited<ReturnType<typeof listen>>;
let answer: Answer = () => {};
let asked: { url: string; headers: Record<string, unknown> }[] = [];

beforeAll(async () => {
  server = await listen((request, response) => {
    asked.push({ url: request.url ?? "", headers: request.headers });
    answer(response);
  });
});
afterAll(() => server.close());

function ask(
  given: Answer,
  options: { maxBytes?: number; headers?: Record<string, string>; signal?: AbortSignal } = {},
) {
  answer = given;
  asked = [];
  const { maxBytes = 1_000, headers = {}, signal = new AbortController().signal } = options;
  return fetchJson(`${server.url}/a`, { fetch, maxBytes, headers, signal });
}

const send =
  (body: string | Uint8Array, headers: Record<string, string> = {}, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(body);
  };

describe("what is taken", () => {
  test.each([
    "application/json",
    "application/jwk-set+json; charset=utf-8",
    "Application/JSON",
    "application/json ;a=b",
  ])("one JSON object of the media type %s", async (type) => {
    const { body, status } = await ask(send('{"a":1}', { "Content-Type": type }));
    expect({ body, status }).toEqual({ body: { a: 1 }, status: 200 });
  });

  test("exactly as many bytes as are allowed", async () => {
    expect((await ask(send('{"a":1}'.padEnd(1_000)))).body).toEqual({ a: 1 });
  });

  test("a packed body that is small enough when it is unpacked", async () => {
    const { body } = await ask(send(gzipSync('{"a":1}'), { "Content-Encoding": "gzip" }));
    expect(body).toEqual({ a: 1 });
  });

  test("304 to a question with a condition, and to no other", async () => {
    const notModified = send("", { ETag: '"x"' }, 304);
    expect(await ask(notModified, { headers: { "If-None-Match": '"x"' } })).toMatchObject({
      status: 304,
      body: undefined,
    });
    await expect(ask(notModified)).rejects.toMatchObject({ name: "RemoteAnswerError", status: 304 });
  });
});

describe("what is refused", () => {
  test.each([301, 302, 303, 307, 308])("F47: a redirect with %i: nobody goes there", async (status) => {
    const headers = { Location: `${server.url}/elsewhere` };
    await expect(ask(send('{"a":1}', headers, status))).rejects.toMatchObject({ name: "RemoteAnswerError", status });
    expect(asked.map(({ url }) => url)).toEqual(["/a"]);
  });

  test.each([201, 204, 206, 401, 404, 500, 503])("status %i, whatever it says", async (status) => {
    await expect(ask(send(status === 204 ? "" : '{"a":1}', {}, status))).rejects.toMatchObject({ status });
  });

  test.each(["text/html", "text/json", "application/jsonp", "application/x+jsonx", "", "application/json5"])(
    "the media type %j",
    async (type) => {
      await expect(ask(send('{"a":1}', { "Content-Type": type }))).rejects.toThrow("media type");
    },
  );

  test.each(["", "{", "[]", "null", '{"a":1}x', '{"a":1,"a":2}', '\u{feff}{"a":1}'])("the body %j", async (body) => {
    await expect(ask(send(body))).rejects.toBeInstanceOf(Error);
  });

  test("one byte too many, also where no length is told", async () => {
    await expect(ask(send("{}".padEnd(1_001)))).rejects.toThrow("longer than 1000 bytes");
    const inPieces: Answer = (response) => {
      response.writeHead(200, { "Content-Type": "application/json" });
      for (let piece = 0; piece < 11; piece++) response.write(" ".repeat(100));
      response.end("{}");
    };
    await expect(ask(inPieces)).rejects.toThrow("longer than 1000 bytes");
  });

  test("a packed body that unpacks to too much, before all of it is unpacked", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, 32));
    expect(bomb.length).toBeLessThan(100_000);
    await expect(ask(send(bomb, { "Content-Encoding": "gzip" }))).rejects.toThrow("longer than 1000 bytes");
  });

  test("a body that never ends: the connection is given up as soon as it is too long", async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const endless: Answer = (response) => {
      closed = new Promise((resolve) => void response.once("close", () => resolve(undefined)));
      response.writeHead(200, { "Content-Type": "application/json" });
      const more = () => {
        while (!response.destroyed && response.write(" ".repeat(1_000)));
      };
      response.on("drain", more);
      more();
    };
    await expect(ask(endless)).rejects.toThrow("longer than 1000 bytes");
    await closed;
  });

  test("a body that breaks off", async () => {
    const broken: Answer = (response) => {
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "100" });
      response.write('{"a":1}');
      setImmediate(() => response.destroy());
    };
    await expect(ask(broken)).rejects.toBeInstanceOf(TypeError);
  });

  test("an answer that is not waited for any more, in the middle of its body", async () => {
    const controller = new AbortController();
    const slow: Answer = (response) => {
      response.writeHead(200, { "Content-Type": "application/json" });
      response.write('{"a":');
      setImmediate(() => controller.abort());
    };
    await expect(ask(slow, { signal: controller.signal })).rejects.toMatchObject({ name: "AbortError" });
  });
});
