// What the issuer does besides verifying, and what verifying feels of it.

import { availableParallelism } from "node:os";
import { askFreshProcess } from "../fresh-process.ts";
import { startPostgres } from "../http/requirements.ts";
import { showProgress, tell } from "../progress.ts";
import { emptyPart, type Figure, median, type Part } from "../results.ts";
import { type Contender, takeTurns } from "../rounds.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";
import type { RefreshOrder, RefreshResult } from "./refresh-process.ts";
import { measureStorm, type StormResult } from "./sign-in-storm.ts";

export interface StormPace {
  rounds: number;
  turnMs: number;
  /** How long people sign in before it counts: there is a lot of code to compile, and a hundred run through it in a second. */
  warmUpMs: number;
}

export async function measureStorms(pace: StormPace): Promise<Part> {
  const part = emptyPart();
  part.figures.push(...(await stormFigures(pace)));
  await addRefreshes(part, pace);
  return part;
}

async function stormFigures({ rounds, turnMs, warmUpMs }: StormPace): Promise<Figure[]> {
  const storms: StormResult[] = [];
  const hashes: number[] = [];
  const threads = Math.max(1, availableParallelism() - 1);
  const progress = showProgress("Sign-in storm", rounds * 2);
  const alone = async () => {
    const asked = { program: "storm/hash-process.js", args: [String(turnMs)], core: undefined };
    hashes.push(((await askFreshProcess(asked)) as { perSecond: number }).perSecond);
  };
  const storm = async () => {
    storms.push(await measureStorm({ forMs: turnMs, warmUpMs }));
  };
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, turn] of round % 2 === 1 ? inOrder(alone, storm) : inOrder(alone, storm).toReversed()) {
      progress.next(`round ${round} of ${rounds}: ${name}`);
      await turn();
    }
  }
  progress.end();
  const of = (pick: (storm: StormResult) => number) => storms.map(pick);
  const hashMs = hashes.map((perSecond) => (threads * 1000) / perSecond);
  const restMs = storms.map(({ cpuMsEach }, index) => cpuMsEach - (hashMs[index] ?? Number.NaN));
  return [
    figure(
      "calm-cached",
      "whoami, token seen before, calm: median",
      "ms",
      of(({ calmCachedMs }) => calmCachedMs),
    ),
    figure(
      "storm-cached",
      "… while the queue of sign-ins is full",
      "ms",
      of(({ stormCachedMs }) => stormCachedMs),
    ),
    figure(
      "cached-ratio",
      "… of its calm median",
      "×",
      of((one) => one.stormCachedMs / one.calmCachedMs),
    ),
    figure(
      "storm-cached-p99",
      "… 99th percentile",
      "ms",
      of(({ stormCachedP99Ms }) => stormCachedP99Ms),
    ),
    figure(
      "calm-first",
      "whoami, token at first sight, calm: median",
      "ms",
      of(({ calmFirstMs }) => calmFirstMs),
    ),
    figure(
      "storm-first",
      "… while the queue of sign-ins is full",
      "ms",
      of(({ stormFirstMs }) => stormFirstMs),
    ),
    figure(
      "first-ratio",
      "… of its calm median",
      "×",
      of((one) => one.stormFirstMs / one.calmFirstMs),
    ),
    figure(
      "sign-ins",
      "sign-ins while nothing else is asked, the load and the database on the same cores",
      "a second",
      of(({ signInsPerSecond }) => signInsPerSecond),
    ),
    figure("hashes", `Argon2id alone, ${threads} thread${threads === 1 ? "" : "s"}`, "a second", hashes),
    figure(
      "sign-ins-ratio",
      "sign-ins of Argon2id alone",
      "×",
      storms.map((one, index) => one.signInsPerSecond / (hashes[index] ?? Number.NaN)),
    ),
    figure("sign-in-hash-cpu", "processor time of a sign-in: Argon2id", "ms", hashMs),
    figure("sign-in-rest-cpu", "… all else of server and embedded database", "ms", restMs),
    ...(storms.some(({ apartPerSecond }) => Number.isNaN(apartPerSecond)) ? [] : apartFigures(storms, hashes)),
  ];
}

/** On a machine with as few cores as this one, everything else takes time from hashing that it would not take on another. */
function apartFigures(storms: readonly StormResult[], hashes: readonly number[]): Figure[] {
  const apart = storms.map(({ apartPerSecond }) => apartPerSecond);
  return [
    figure("sign-ins-apart", "sign-ins, hashing on cores of its own and all else on one other", "a second", apart),
    figure(
      "sign-ins-apart-ratio",
      "… of Argon2id alone",
      "×",
      apart.map((perSecond, index) => perSecond / (hashes[index] ?? Number.NaN)),
    ),
  ];
}

function inOrder(alone: () => Promise<void>, storm: () => Promise<void>): [string, () => Promise<void>][] {
  return [
    ["Argon2id alone", alone],
    ["apps/api", storm],
  ];
}

async function addRefreshes(part: Part, { rounds, turnMs }: StormPace): Promise<void> {
  const folder = createTemporaryFolder();
  const postgres = await startPostgres();
  const contenders: Contender[] = [refreshing("embedded database", { dataDir: folder.path, forMs: turnMs })];
  if ("why" in postgres) {
    tell(`Left out: ${postgres.what}. ${postgres.why}`);
    part.leftOut.push({ what: "refreshes over PostgreSQL", why: postgres.why });
  } else {
    const { connectionString } = postgres;
    contenders.push(refreshing("PostgreSQL that waits for its disk", { connectionString, forMs: turnMs }));
  }
  try {
    const { rows, leftOut } = await takeTurns("Refreshes", contenders, rounds);
    part.series.push({
      id: "refresh",
      title: "Refresh a session, 20 at once",
      note: "One process of the issuer; the database shares the cores with it. Statements are those that the stores send.",
      floor: contenders[0]?.name ?? "",
      unit: "refreshes",
      rows,
    });
    part.leftOut.push(...leftOut);
  } finally {
    if (!("why" in postgres)) await postgres.stop();
    folder.remove();
  }
}

function refreshing(name: string, order: RefreshOrder): Contender {
  return {
    name,
    ours: true,
    turn: async () => {
      const asked = { program: "storm/refresh-process.js", args: [JSON.stringify(order)], core: undefined };
      const { perSecond, statementsEach } = (await askFreshProcess(asked)) as RefreshResult;
      return { perSecond, also: { "SQL statements each": statementsEach } };
    },
  };
}

function figure(id: string, title: string, unit: string, values: readonly number[]): Figure {
  return { id, title, value: median(values), unit, range: [Math.min(...values), Math.max(...values)] };
}
