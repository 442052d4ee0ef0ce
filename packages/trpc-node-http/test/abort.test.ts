// A client that goes away: what procedures, callbacks and the signal notice of it.
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Pair, type Side, startPair } from "./pair.ts";
import type { Entry } from "./record.ts";

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

function send(side: Side, text: string): Socket {
  const socket = connect({ port: side.port, host: "127.0.0.1", noDelay: true });
  sockets.push(socket);
  // Being cut off is what some of these tests are about.
  socket.on("error", () => undefined);
  socket.write(text);
  return socket;
}

/** Whether there is an entry of that kind with these details. */
const has =
  (kind: string, details: Partial<Entry> = {}) =>
  (entries: readonly Entry[]): boolean =>
    entries.some(
      (entry) => entry.kind === kind && Object.entries(details).every(([key, value]) => entry[key] === value),
    );

const waits = "GET /waits HTTP/1.1\r\nHost: signet.test\r\n\r\n";
const both = (pair: Pair): Side[] => [pair.theirs, pair.ours];

describe("when the client goes away while a procedure works", () => {
  it.each([
    ["a query", waits],
    ["a batch of queries", "GET /waits,waits?batch=1 HTTP/1.1\r\nHost: signet.test\r\n\r\n"],
    [
      "a mutation whose body has come",
      'POST /waitsToSave HTTP/1.1\r\nHost: signet.test\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}',
    ],
  ])("aborts the signal of %s, and tells the callbacks what the procedure then throws", async (_title, request) => {
    await using pair = await startPair();
    for (const side of both(pair)) {
      const socket = send(side, request);
      await side.record.until(has("waiting"));
      expect(side.record.entries.filter(of("aborted")), side.name).toEqual([]);
      socket.destroy();
      await side.record.until(has("responseMeta"));
      expect(side.record.entries.filter(of("aborted")), side.name).not.toEqual([]);
    }
    expect(settled(pair.ours)).toEqual(settled(pair.theirs));
  });

  it("aborts a signal that createContext took from the request's information", async () => {
    await using pair = await startPair({
      handler: (given) => ({
        ...given,
        createContext(options) {
          const record = options.req.headers["x-side"] === "ours" ? pair.ours.record : pair.theirs.record;
          options.info.signal.addEventListener("abort", () => record.add("context aborted", {}));
          return { marker: "context" };
        },
      }),
    });
    for (const side of both(pair)) {
      const socket = send(side, waits.replace("\r\n\r\n", `\r\nx-side: ${side.name}\r\n\r\n`));
      await side.record.until(has("waiting"));
      socket.destroy();
      await side.record.until(has("context aborted"));
    }
    expect(pair.ours.record.entries.filter(of("context aborted"))).toHaveLength(1);
  });
});

describe("when the client goes away before its body has come", () => {
  const half =
    'POST /users.save HTTP/1.1\r\nHost: signet.test\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"half":';

  it("never runs the procedure on half an input", async () => {
    await using pair = await startPair();
    for (const side of both(pair)) {
      const socket = send(side, half);
      await side.record.until(has("middleware"));
      socket.destroy();
      await answersOthers(side);
      expect(side.record.entries.filter(of("procedure")), side.name).toEqual([]);
    }
  });

  it("does not leave our procedure waiting for ever", async () => {
    await using pair = await startPair();
    const socket = send(pair.ours, half);
    await pair.ours.record.until(has("middleware"));
    socket.destroy();
    const toldOfIt = pair.ours.record.until(has("onError", { path: "users.save", input: "undefined" }));
    await expect(toldOfIt).resolves.toBeUndefined();
  });
});

describe("the signal", () => {
  it("is undefined where nobody wants one", async () => {
    await using pair = await startPair({
      handler: (given) => ({ ...given, abortSignals: false }),
    });
    const answer = await fetch(`http://127.0.0.1:${pair.ours.port}/nothing`);
    expect(answer.status).toBe(200);
    expect(pair.ours.record.entries.find(of("middleware"))).toMatchObject({ signal: false });
  });

  it("is not aborted while the answer is being made, however long that takes", async () => {
    await using pair = await startPair();
    for (const side of both(pair)) {
      await fetch(`http://127.0.0.1:${side.port}/nothing`);
      expect(side.record.entries.find(of("middleware")), side.name).toMatchObject({ signal: true });
    }
  });
});

function of(kind: string): (entry: Entry) => boolean {
  return (entry) => entry.kind === kind;
}

/** What was seen, but for the turn in which a batch's members saw it. */
function settled(side: Side): string[] {
  return side.record.entries.map((entry) => JSON.stringify(entry)).toSorted();
}

/** A later request is answered, so the earlier one has had its turn. */
async function answersOthers(side: Side): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${side.port}/toString`);
  expect(await answer.json()).toEqual({ result: { data: "not a method" } });
}
