// Sends one scenario to both servers and says in words where they differ.
import type { Behaviour } from "./behaviour.ts";
import type { Pair, Side } from "./pair.ts";
import { type Exchange, exchange } from "./raw-http.ts";
import type { Entry } from "./record.ts";

/** Requests on one connection: raw bytes each, written in these parts. The last one ends the connection. */
export type Scenario = { behaviour: Behaviour; requests: readonly RawRequest[]; pipelined: boolean };

export type RawRequest = { head: string; parts: readonly Uint8Array[] };

export type Outcome = Exchange & { seen: Entry[] };

/** Framing is the adapter's own business; Date is the clock's. Everything else must be the same. */
const framing = new Set(["date", "connection", "keep-alive", "transfer-encoding", "content-length"]);

export async function outcomes(pair: Pair, scenario: Scenario): Promise<{ theirs: Outcome; ours: Outcome }> {
  pair.behave({ ...scenario.behaviour });
  const [theirs, ours] = await Promise.all([outcome(pair.theirs, scenario), outcome(pair.ours, scenario)]);
  return { theirs, ours };
}

/** @throws Error with the raw request and both answers, if they differ. */
export async function expectSame(pair: Pair, scenario: Scenario): Promise<Outcome> {
  const { theirs, ours } = await outcomes(pair, scenario);
  const [expected, found] = [written(theirs), written(ours)];
  if (expected !== found) {
    const callbacks = JSON.stringify(scenario.behaviour);
    throw new Error(
      `ours differs from tRPC\ncallbacks: ${callbacks}\n--- request\n${rawText(scenario)}\n--- tRPC\n${expected}\n--- ours\n${found}`,
    );
  }
  return theirs;
}

export function rawText({ requests }: Scenario): string {
  return requests
    .flatMap((request) => request.parts)
    .map((part) => JSON.stringify(Buffer.from(part).toString("latin1").slice(0, 2_000)))
    .join("\n");
}

async function outcome(side: Side, { requests, pipelined }: Scenario): Promise<Outcome> {
  side.record.take();
  const heads = requests.map((request) => request.head.startsWith("HEAD "));
  const parts = requests.flatMap((request) => request.parts);
  const read = await exchange(side.port, pipelined ? [Buffer.concat(parts)] : parts, heads);
  const seen = side.record.take();
  return { ...read, seen: requests.length > 1 ? seen.toSorted(byText) : inOrderOfCalls(seen) };
}

/**
 * Calls of one batch, like requests that arrive together, run side by side: whose turn comes first is nobody's promise, and if a hook
 * fails the whole, some are still under way. What concerns the whole stays in order; that all calls came before it shows in its data.
 */
function inOrderOfCalls(seen: readonly Entry[]): Entry[] {
  if (!seen.some((entry) => String(entry["info"]).includes("isBatchCall: true"))) return [...seen];
  const belongsToCall = ({ kind, path }: Entry): boolean => kind !== "middleware" && path !== undefined;
  return [...seen.filter((entry) => !belongsToCall(entry)), ...seen.filter(belongsToCall).toSorted(byText)];
}

function byText(left: Entry, right: Entry): number {
  return JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
}

function written({ answers, rest, seen }: Outcome): string {
  const lines = answers.flatMap(({ status, reason, headers, body }) => [
    `${status} ${reason}`,
    ...Object.entries(headers)
      .filter(([name]) => !framing.has(name))
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, values]) => `${name}: ${JSON.stringify(values)}`),
    `body ${JSON.stringify(body)}`,
  ]);
  return [...lines, `rest ${JSON.stringify(rest)}`, ...seen.map((entry) => JSON.stringify(entry))].join("\n");
}
