// The API as a Next route handler, for platforms that run Next their own way (`next start` in this folder). Under our
// own server, which answers these paths itself, nothing comes here.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as RouteHandlers from "./route-handlers.ts";

export async function handle(request: Request): Promise<Response> {
  // As it was built and not bundled again: it starts threads and processes from files that lie beside it.
  const built = pathToFileURL(join(process.cwd(), "dist/server/route-handlers.js")).href;
  const handlers: typeof RouteHandlers = await import(/* turbopackIgnore: true */ built);
  return handlers.handle(request);
}
