// Loaded into a server before it starts. Tells its parent, when asked, what nobody sees from outside: the longest time in which
// nothing else could run, memory, and what was thrown where nobody caught it.

import { readFileSync } from "node:fs";
import { constants, PerformanceObserver } from "node:perf_hooks";

const intervalMs = 5;
let longestTurnMs = 0;
let longestCollectionMs = 0;
/** @type {string[]} */
const uncaught = [];

/** How long this thread has really run, whatever else the machine does. Linux says it; elsewhere it is the time that passed. */
function ranMs() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

let lastMs = ranMs();
setInterval(() => {
  const now = ranMs();
  longestTurnMs = Math.max(longestTurnMs, now - lastMs);
  lastMs = now;
}, intervalMs).unref();

new PerformanceObserver((list) => {
  for (const { duration, detail } of list.getEntries()) {
    // Those that are asked for below are not the server's.
    const isForced = (detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
    if (!isForced) longestCollectionMs = Math.max(longestCollectionMs, duration);
  }
}).observe({ entryTypes: ["gc"] });

process.on("unhandledRejection", (reason) =>
  uncaught.push(`unhandled rejection: ${reason instanceof Error ? reason.stack : reason}`),
);
process.on("uncaughtExceptionMonitor", (error) => process.send?.({ uncaught: [`uncaught exception: ${error.stack}`] }));

process.on("message", (message) => {
  if (message !== "observe") return;
  const turnMs = longestTurnMs;
  const collectionMs = longestCollectionMs;
  // What is left after collecting is what is held.
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ rss, heapUsed, longestTurnMs: turnMs, longestCollectionMs: collectionMs, uncaught });
  lastMs = ranMs();
  longestTurnMs = 0;
  longestCollectionMs = 0;
});
