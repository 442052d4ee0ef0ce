// Loaded before a server's own program: says what the process holds, and how long its event loop was held up, when its parent asks.

import { monitorEventLoopDelay } from "node:perf_hooks";

const resolutionMs = 5;
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();

process.on("message", (question) => {
  if (question !== "gauge") return;
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ rssMib: rss / 2 ** 20, heapMib: heapUsed / 2 ** 20, longestMs: delay.max / 1e6 - resolutionMs });
  delay.reset();
});
// Asking is no reason to stay.
process.channel?.unref();
