// What a campaign has shown, for whoever reads it: statuses, memory after each round, the longest turn of the event loop.

import type { Outcome } from "./campaign.ts";
import type { Observation } from "./observed-server.ts";

const mebibyte = 2 ** 20;

export interface Figures {
  add(outcome: Outcome, observation: Observation): void;
  /** How often somebody with good credentials learned who they are. */
  known(): number;
  /** From the first quarter, when all is loaded and every cache has met its limit, to the last. */
  heapGrowthMebibytes(): number;
  text(logLines: number): string;
}

export function createFigures(): Figures {
  const startedAt = performance.now();
  const statuses = new Map<string, number>();
  const observations: Observation[] = [];
  let sent = 0;
  let known = 0;

  const list = (pick: (observation: Observation) => number) =>
    observations.map((observation) => Math.round(pick(observation))).join(" ");

  return {
    add(outcome, observation) {
      sent += outcome.sent;
      known += outcome.known;
      for (const [status, count] of outcome.statuses) statuses.set(status, (statuses.get(status) ?? 0) + count);
      observations.push(observation);
    },
    known: () => known,
    heapGrowthMebibytes() {
      const quarter = Math.ceil(observations.length / 4);
      const heaps = observations.map(({ heapUsed }) => heapUsed);
      return (Math.min(...heaps.slice(-quarter)) - Math.min(...heaps.slice(0, quarter))) / mebibyte;
    },
    text(logLines) {
      const seconds = (performance.now() - startedAt) / 1_000;
      const counts = [...statuses].toSorted().map(([status, count]) => `${status}: ${count}`);
      return [
        `${sent} requests in ${seconds.toFixed(0)} s, ${logLines} lines logged`,
        `answers: ${counts.join(", ")}`,
        `memory (MiB): ${list(({ rss }) => rss / mebibyte)}`,
        `heap after collecting (MiB): ${list(({ heapUsed }) => heapUsed / mebibyte)}`,
        `longest turn of the event loop, of processor time (ms): ${list(({ longestTurnMs }) => longestTurnMs)}`,
        `longest collection (ms): ${list(({ longestCollectionMs }) => longestCollectionMs)}`,
        "",
      ].join("\n");
    },
  };
}
