// A copy of the built app with `proxy.ts` taken out, as if it had never been written, or as if somebody had found a way round it.

import { cp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Program } from "./running-server.ts";

const app = fileURLToPath(new URL("..", import.meta.url));
const proxyName = "/_middleware";

interface AppWithoutProxy {
  /** Our own server, as `npm start` runs it. */
  ownServer: Program;
  /** Next's server, as other platforms run it. */
  nextServer: Program;
}

/** @param folder Does not exist yet. */
export async function copyWithoutProxy(folder: string): Promise<AppWithoutProxy> {
  for (const part of [".next", "dist", "package.json", "next.config.ts"]) {
    await cp(join(app, part), join(folder, part), {
      recursive: true,
      filter: (path) => !/\.next\/(?:cache|dev|trace|types|diagnostics)/.test(path),
    });
  }
  await symlink(join(app, "node_modules"), join(folder, "node_modules"));

  const built = join(folder, ".next/server");
  const manifest = join(built, "functions-config-manifest.json");
  const { functions, ...rest } = JSON.parse(await readFile(manifest, "utf8"));
  const { [proxyName]: proxy, ...others } = functions;
  if (proxy === undefined) throw new Error("The build has no proxy where one was looked for.");
  await writeFile(manifest, JSON.stringify({ ...rest, functions: others }));
  for (const file of ["middleware.js", "middleware.js.map", "middleware.js.nft.json", "middleware"]) {
    await rm(join(built, file), { recursive: true });
  }

  const next = createRequire(import.meta.url).resolve("next/dist/bin/next");
  return {
    ownServer: { args: [join(folder, "dist/server/main.js")], cwd: folder },
    nextServer: { args: [next, "start", "--hostname", "127.0.0.1"], cwd: folder },
  };
}
