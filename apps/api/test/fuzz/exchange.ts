// A connection that is kept while it may be: several requests are sent at once, and the answers belong to them in their order.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { type Answer, createAnswerReader } from "./answers.ts";
import type { FuzzRequest } from "./messages.ts";

/** Whoever has not answered by then is hanging. */
const longestWaitMs = 30_000;

export interface Exchanged {
  request: FuzzRequest;
  answer: Answer | undefined;
  /** What is wrong with how it was answered, whatever the answer says. */
  problem?: string;
}

export interface Connection {
  /** Sends them all, and waits for the answers, or for the end of the connection. */
  send(requests: readonly FuzzRequest[]): Promise<Exchanged[]>;
  isOpen(): boolean;
  close(): void;
}

export async function openConnection(port: number): Promise<Connection> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const reader = createAnswerReader();
  let wake = () => {};
  let ended = false;
  socket.on("data", (bytes: Buffer) => {
    reader.add(bytes);
    wake();
  });
  for (const event of ["end", "close"] as const) {
    socket.on(event, () => {
      ended = true;
      wake();
    });
  }

  /** Until there is more to read; false when there will be nothing more, or nothing has come for too long. */
  async function more(): Promise<boolean> {
    if (ended) return false;
    let timer: NodeJS.Timeout | undefined;
    const inTime = await new Promise<boolean>((resolve) => {
      wake = () => resolve(true);
      timer = setTimeout(resolve, longestWaitMs, false);
    });
    clearTimeout(timer);
    return inTime;
  }

  async function nextAnswer(isHead: boolean): Promise<Answer | undefined> {
    for (;;) {
      const answer = reader.next(isHead);
      if (answer !== undefined || !(await more())) return answer ?? reader.next(isHead);
    }
  }

  async function answersTo(requests: readonly FuzzRequest[]): Promise<Exchanged[]> {
    const exchanged: Exchanged[] = [];
    let closing = false;
    for (const request of requests) {
      if (request.end === "is cut") {
        exchanged.push({ request, answer: undefined });
        break;
      }
      const answer = await nextAnswer(request.isHead);
      const isMissing = answer === undefined && request.end === "stays" && !closing;
      exchanged.push({
        request,
        answer,
        ...(isMissing ? { problem: ended ? "closed without an answer" : "no answer" } : {}),
      });
      closing ||= answer?.headers.get("connection")?.includes("close") === true || answer === undefined;
    }
    return exchanged;
  }

  /** After a request that closes the connection nothing may come but its end. */
  async function closesAfter(last: Exchanged): Promise<Exchanged> {
    for (;;) {
      const unasked = reader.next(false);
      if (unasked !== undefined && unasked.status < 400)
        return { ...last, problem: `a second answer: ${unasked.status} ${unasked.body}` };
      if (unasked !== undefined) continue;
      if (!(await more())) break;
    }
    return ended ? last : { ...last, problem: "the connection stays open" };
  }

  return {
    async send(requests) {
      const last = requests.at(-1);
      // Node answers at once what is no HTTP and what asks whether to go on: before, or within, the answers it still works on.
      const alone = last?.end === "stays" ? undefined : last;
      const before = requests.filter((request) => request !== alone);
      const written = write(socket, before);
      const exchanged = await answersTo(before);
      // An answer may come before all of its request has gone.
      await written;
      if (alone !== undefined && !ended) {
        await write(socket, [alone]);
        exchanged.push(...(await answersTo([alone])));
      }
      const final = exchanged.at(-1);
      if (final?.request.end === "closes" && final.problem === undefined) {
        exchanged[exchanged.length - 1] = await closesAfter(final);
      } else if (reader.rest() !== "" && final !== undefined) {
        exchanged[exchanged.length - 1] = {
          ...final,
          problem: `more than was asked for: ${reader.rest().slice(0, 200)}`,
        };
      }
      if (last?.end !== "stays") socket.destroy();
      return exchanged;
    },
    isOpen: () => !ended && !socket.destroyed,
    close: () => socket.destroy(),
  };
}

async function write(socket: Socket, requests: readonly FuzzRequest[]): Promise<void> {
  if (requests.every(({ parts }) => parts.length === 1)) {
    socket.write(Buffer.concat(requests.flatMap(({ parts }) => parts)));
    return;
  }
  for (const part of requests.flatMap(({ parts }) => parts)) {
    if (socket.destroyed) return;
    socket.write(part);
    await turn();
  }
}
