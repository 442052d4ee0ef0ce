// Requests made to exhaust: each is answered as tRPC answers it, and the next one still is.
import { describe, expect, it } from "vitest";
import { plainBehaviour } from "./behaviour.ts";
import { expectSame, outcomes, type RawRequest } from "./compare.ts";
import { type Pair, type PairOptions, startPair } from "./pair.ts";
import { exchange } from "./raw-http.ts";

// Node's limit for a request's head is 16 KiB: without more, it would be Node that refuses, not the adapter.
const roomy: PairOptions = { server: { maxHeaderSize: 4 * 1_024 * 1_024 } };

const lines = (...head: string[]): string => [...head, "Host: signet.test", "Connection: keep-alive"].join("\r\n");

function get(target: string, ...headers: string[]): RawRequest {
  const head = lines(`GET ${target} HTTP/1.1`, ...headers);
  return { head, parts: [Buffer.from(`${head}\r\n\r\n`, "latin1")] };
}

function post(target: string, body: string, ...headers: string[]): RawRequest {
  const head = lines(
    `POST ${target} HTTP/1.1`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
  );
  return { head, parts: [Buffer.from(`${head}\r\n\r\n${body}`)] };
}

/** @returns The status, after seeing that both answered the same and answer still. */
async function statusOf(pair: Pair, request: RawRequest): Promise<number | undefined> {
  const { answers } = await expectSame(pair, { behaviour: plainBehaviour, pipelined: false, requests: [request] });
  const after = await expectSame(pair, { behaviour: plainBehaviour, pipelined: false, requests: [get("/toString")] });
  expect(after.answers[0]?.body).toBe('{"result":{"data":"not a method"}}');
  return answers[0]?.status;
}

const parts = 100_000;
const deep = (open: string, close: string): string => `${open.repeat(parts)}1${close.repeat(parts)}`;

const cases: [string, RawRequest, number][] = [
  ["a batch of 10,000 calls", get(`/${"toString,".repeat(9_999)}toString?batch=1`), 200],
  ["a batch of 10,000 empty names", get(`/${",".repeat(9_999)}?batch=1`), 200],
  ["a batch of 10,000 unknown names", get(`/${"x,".repeat(9_999)}x?batch=1`), 404],
  ["a batch of 10,000 names and an empty input for each", post(`/${"ping,".repeat(9_999)}ping?batch=1`, "{}"), 200],
  ["100,000 commas outside a batch", get(`/${",".repeat(parts)}`), 404],
  ["a query of 1 MiB as input", get(`/echo?input=%22${"a".repeat(1_024 * 1_024)}%22`), 200],
  ["100,000 parameters", get(`/nothing?${"a=1&".repeat(parts)}`), 200],
  ["100,000 inputs", get(`/echo?${"input=1&".repeat(parts)}`), 200],
  ["a path of 1 MiB", get(`/${"a".repeat(1_024 * 1_024)}`), 404],
  ["a path of 100,000 slashes", get("/".repeat(parts)), 400],
  ["a path of 50,000 dots to climb", get(`${"/..".repeat(50_000)}/nothing`), 200],
  ["a path of percent signs", get(`/${"%".repeat(parts)}`), 500],
  ["a query of percent signs", get(`/echo?input=${"%".repeat(parts)}`), 400],
  ["a header of 1 MiB", get("/nothing", `X-Large: ${"a".repeat(1_024 * 1_024)}`), 200],
  ["a content type of 1 MiB", get("/nothing", `Content-Type: application/json;${"a".repeat(1_024 * 1_024)}`), 200],
  ["an accept header of 100,000 members", get("/nothing", `Accept: ${"a/b,".repeat(parts)}`), 200],
  ["900 headers", get("/nothing", ...Array.from({ length: 900 }, (_, index) => `x-${index}: 1`)), 200],
  ["lists 100,000 levels deep", post("/users.save", deep("[", "]")), 500],
  ["objects 100,000 levels deep", post("/users.save", deep('{"a":', "}")), 500],
  ["lists 100,000 levels deep, in a query", get(`/nothing?input=${deep("[", "]")}`), 200],
  ["lists never closed", post("/users.save", "[".repeat(parts)), 400],
  [
    "100,000 members for a batch of one",
    post("/users.save?batch=1", JSON.stringify(Array.from({ length: parts }, () => 1))),
    400,
  ],
  [
    "100,000 inputs for a batch of one",
    post("/users.save?batch=1", JSON.stringify({ ...Array.from({ length: parts }, () => 1) })),
    200,
  ],
  ["a number of 1 MiB", post("/users.save", "1".repeat(1_024 * 1_024)), 200],
  ["a body of 2 MiB of spaces", post("/users.save", `${" ".repeat(2 * 1_024 * 1_024)}1`), 200],
  ["a name that is never there, as input of a prototype", post("/users.save", '{"__proto__":{"then":1}}'), 200],
];

describe("answers as tRPC does, and lives on, after", () => {
  it.each(cases)("%s", { timeout: 30_000 }, async (_title, request, status) => {
    await using pair = await startPair(roomy);
    expect(await statusOf(pair, request)).toBe(status);
  });

  it("100,000 parts of a batch that is bounded to 10", async () => {
    await using pair = await startPair({ ...roomy, handler: (given) => ({ ...given, maxBatchSize: 10 }) });
    expect(await statusOf(pair, get(`/${"toString,".repeat(parts)}?batch=1`))).toBe(400);
    expect(await statusOf(pair, get(`/${"toString,".repeat(9)}toString?batch=1`))).toBe(200);
  });

  it("100,000 calls in one batch, where none bounds it", { timeout: 30_000 }, async () => {
    await using pair = await startPair(roomy);
    // tRPC's own adapter takes many times as long: its answer to 10,000 is compared above.
    const { head, parts: bytes } = get(`/${"toString,".repeat(parts - 1)}toString?batch=1`);
    const { answers } = await exchange(pair.ours.port, bytes, [head.startsWith("HEAD")]);
    expect(answers[0]?.status).toBe(200);
    expect(JSON.parse(answers[0]?.body ?? "")).toHaveLength(parts);
  });

  it("a body beyond its bound, written byte by byte", async () => {
    await using pair = await startPair({ handler: (given) => ({ ...given, maxBodySize: 100 }) });
    const {
      head,
      parts: [whole = Buffer.alloc(0)],
    } = post("/users.save", `"${"a".repeat(200)}"`);
    const bytes = Array.from({ length: whole.length }, (_, index) => whole.subarray(index, index + 1));
    expect(await statusOf(pair, { head, parts: bytes })).toBe(413);
  });
});

describe("Node's own limits stay as they are", () => {
  it("refuses heads over 16 KiB before the adapter sees them", async () => {
    await using pair = await startPair();
    const requests = [get(`/echo?input=%22${"a".repeat(20_000)}%22`)];
    const { ours } = await outcomes(pair, { behaviour: plainBehaviour, pipelined: false, requests });
    expect(ours.answers[0]?.status).toBe(431);
    expect(ours.seen).toEqual([]);
  });
});
