// What the service gets along with its entry point: all files that `dist/main.js` reaches, dependencies included. It has public
// keys only, so nothing in there can sign, speak to a database, or belongs to the rooms that do.

import { existsSync, readFileSync, statSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const workspace = fileURLToPath(new URL("../../../", import.meta.url));

const imported = [
  /(?:^|[;\s}])(?:import|export)\s*(?:[\w*{$][^"'`;]*?from\s*)?["']([^"'\n]+)["']/g,
  /\b(?:import|require)\(\s*["']([^"'\n]+)["']\s*\)/g,
];

/** All files that an entry point reaches, by path, with what is in them. */
function graphOf(entry: string): Map<string, string> {
  const graph = new Map<string, string>();
  const unseen = [entry];
  for (let path = unseen.pop(); path !== undefined; path = unseen.pop()) {
    if (graph.has(path)) continue;
    const source = withoutComments(readFileSync(path, "utf8"));
    graph.set(path, source);
    for (const [, specifier = ""] of imported.flatMap((pattern) => Array.from(source.matchAll(pattern)))) {
      const found = resolve(specifier, path);
      if (found !== undefined) unseen.push(found);
    }
  }
  return graph;
}

/** Undefined for what Node.js has itself, and for what is optional and not installed. */
function resolve(specifier: string, from: string): string | undefined {
  if (specifier.startsWith("node:") || builtinModules.includes(specifier)) return undefined;
  const { resolve: find } = createRequire(from);
  if (specifier.startsWith(".") || specifier.startsWith("/")) {
    const path = fileURLToPath(new URL(specifier, pathToFileURL(from)));
    if (existsSync(path) && statSync(path).isFile()) return path;
    return attempt(() => find(specifier));
  }
  // Resolved the way `import` does it; a package without an import-only entry gives the same file to both.
  const path = attempt(() => find(specifier, { conditions: new Set(["node", "import"]) } as never));
  const esm = path?.replace(/\.cjs$/, ".js");
  return esm !== undefined && existsSync(esm) ? esm : path;
}

function attempt(find: () => string): string | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

/** What making a token takes, in jose, WebCrypto and Node.js. */
const signingWords = [
  /SignJWT/,
  /CompactSign/,
  /FlattenedSign/,
  /createSignature/,
  /createSign\b/,
  /generateKeyPair/,
  /generateSecret/,
  /subtle\.sign\b/,
  /hkdf/i,
  /deriveBits/,
  /createHmac/,
  /createPrivateKey/,
];
const databaseWords = [/prisma/i, /pglite/i, /\bpostgres/i, /DATABASE_URL/, /AUTH_SECRET/];

const graph = graphOf(main);
const paths = [...graph.keys()];

test("nothing that can sign, no Prisma and no database is reachable", () => {
  for (const [path, source] of graph) {
    for (const word of [...signingWords, ...databaseWords]) {
      expect(word.test(source), `${word} in ${path}`).toBe(false);
    }
  }
});

test("of the other rooms only packages/auth is, and of that only what verifies", () => {
  const rooms = paths
    .filter((path) => path.startsWith(workspace) && !path.includes("/node_modules/"))
    .map((path) => path.slice(workspace.length));
  expect(rooms.filter((path) => !/^(?:apps\/resource-server|packages\/auth)\/dist\//.test(path))).toEqual([]);
  expect(
    rooms.filter((path) => /sign-access-token|signing-key|secrets|operator-keys|key-ring|testing/.test(path)),
  ).toEqual([]);
  expect(rooms).toEqual(expect.arrayContaining(["packages/auth/dist/remote.js", "packages/auth/dist/verify-jws.js"]));
});

test("the search goes through dependencies, and finds the words where they are", () => {
  const names = paths.join("\n");
  for (const name of ["jose", "zod", "pino", "prom-client", "@trpc/server", "@hono/node-server"]) {
    expect(names).toContain(`/node_modules/${name}/`);
  }
  const signing = graphOf(
    createRequire(main).resolve("@signet/auth/keys", { conditions: new Set(["import"]) } as never),
  );
  const found = signingWords.filter((word) => [...signing.values()].some((source) => word.test(source)));
  expect(found.map(String)).toEqual(expect.arrayContaining([String(/hkdf/i), String(/createPrivateKey/)]));
});

test("only env.ts reads the environment", () => {
  const readers = paths.filter(
    (path) => !path.includes("/node_modules/") && /process\.env|process\["env"\]/.test(graph.get(path) ?? ""),
  );
  expect(readers.map((path) => path.slice(workspace.length))).toEqual(["apps/resource-server/dist/env.js"]);
});
