// What an importer gets along with an entry point. A verifier must not bring the means to sign, nor anything that keeps it
// from running in a browser or at the edge. The built files are walked, dependencies included.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const dist = new URL("../dist/", import.meta.url);
const imported =
  /(?:^|[;\s}])(?:import|export)\s*(?:[\w*{][^"';]*?from\s*)?["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g;

/** All files that an entry point imports, by path; modules of Node.js by their name. */
function graphOf(entry: string): Map<string, string> {
  const graph = new Map<string, string>();
  const unseen = [fileURLToPath(new URL(`${entry}.js`, dist))];
  for (let path = unseen.pop(); path !== undefined; path = unseen.pop()) {
    if (graph.has(path)) continue;
    const source = path.startsWith("node:") ? "" : readFileSync(path, "utf8");
    graph.set(path, source);
    for (const [, static_, dynamic] of withoutComments(source).matchAll(imported)) {
      unseen.push(resolve(static_ ?? dynamic ?? "", path));
    }
  }
  return graph;
}

function resolve(specifier: string, from: string): string {
  if (specifier.startsWith(".")) return fileURLToPath(new URL(specifier, pathToFileURL(from)));
  if (specifier.startsWith("node:")) return specifier;
  const { resolve: find } = createRequire(from);
  // Resolved the way `import` does it; a package without an import-only entry gives the same file to both.
  const path = find(specifier, { conditions: new Set(["node", "import"]) } as never);
  const esm = path.replace(/\.cjs$/, ".js");
  return existsSync(esm) ? esm : path;
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

const signingWords = [
  /SignJWT/,
  /CompactSign/,
  /FlattenedSign/,
  /createSignature/,
  /generateKeyPair/,
  /generateKey\b/,
  /generateSecret/,
  /subtle\.sign\b/,
  /hkdf/i,
  /deriveBits/,
  /createHmac/,
  /createPrivateKey/,
  /prisma/i,
];

test.each(["verify", "remote"])("auth/%s brings in no signing code and no Prisma", (entry) => {
  const graph = graphOf(entry);
  for (const [path, source] of graph) {
    for (const word of signingWords) {
      expect(word.test(withoutComments(source)), `${word} in ${path}`).toBe(false);
    }
  }
  const names = [...graph.keys()].map((path) => path.split("/").at(-1));
  expect(names).toEqual(
    expect.arrayContaining(["verify-access-token.js", "verify-jws.js", `${entry}.js`, "base64url.js", "claims.js"]),
  );
  expect(names).not.toContain("sign-access-token.js");
  expect(names).not.toContain("key-ring.js");
});

test("the same search finds the signing code where there is some", () => {
  const found = (entry: string) => {
    const sources = [...graphOf(entry).values()].map(withoutComments);
    return signingWords.filter((word) => sources.some((source) => word.test(source))).map(String);
  };
  expect(found("sign")).toEqual(
    expect.arrayContaining(["/CompactSign/", "/createSignature/", String(/subtle\.sign\b/)]),
  );
  expect(found("keys")).toEqual(expect.arrayContaining(["/hkdf/i", "/createPrivateKey/"]));
});

const adapters = ["fetch", "express", "fastify", "hono", "trpc"];

test.each(["verify", "remote", "claims", "errors", "revocation", "bearer", "clock", "refusal", ...adapters])(
  "auth/%s needs nothing of Node.js, so it runs in a browser and at the edge",
  (entry) => {
    for (const [path, source] of graphOf(entry)) {
      expect(path).not.toMatch(/^node:/);
      expect(withoutComments(source), path).not.toMatch(/\bBuffer\b|\bprocess\.|\brequire\(/);
    }
  },
);

test.each(adapters)("auth/%s imports no framework, and neither keys nor verifier: it is handed a verifier", (entry) => {
  for (const path of graphOf(entry).keys()) {
    expect(path).not.toMatch(/node_modules\/(?!\.pnpm|zod|jose)/);
    expect(path.split("/").at(-1)).not.toMatch(/^(?:verify-|remote-|revocation-|jws_)/);
  }
});

test("no file of ours reads the environment or imports another room", () => {
  const others = ["verify", "remote", "sign", "claims", "errors", "keys", "revocation", "bearer", "clock", "refusal"];
  for (const entry of [...others, "testing", ...adapters]) {
    for (const [path, source] of graphOf(entry)) {
      if (path.startsWith("node:") || path.includes("node_modules")) continue;
      expect(withoutComments(source), path).not.toMatch(/process\.env|@signet\//);
    }
  }
});
