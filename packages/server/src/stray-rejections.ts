// The last resort for a promise that failed and that nobody waited for.

import type { Logger } from "pino";

/**
 * Such a promise is logged, and everybody else is served on: each request has its own net, so nothing is left half done that another
 * one needs. An exception that nobody catches still ends the process, which then is started anew.
 */
export function surviveStrayRejections(log: Pick<Logger, "error">): void {
  process.on("unhandledRejection", (error) => log.error({ err: error }, "Something failed that nobody waited for."));
}
