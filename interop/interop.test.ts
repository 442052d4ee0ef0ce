// Tokens of a running Signet server, put to verifiers that nobody here wrote: each fetches the public keys from the server by itself.

import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase, openEmbeddedDatabase } from "@signet/db";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signUp } from "../apps/web/test/requests.ts";
import { type RunningServer, startServer } from "../apps/web/test/running-server.ts";
import { startVerifier } from "./running-verifier.ts";
import { compareTables, type Observed } from "./table.ts";
import { type Algorithm, forgeries, newKey, notForUs, partsOf, remade, type SigningKey } from "./tokens.ts";
import { verifiers } from "./verifiers.ts";

interface Issuer {
  title: string;
  algorithm: Algorithm;
  /** Where the test holds it too, it can make what Signet never would. */
  key?: SigningKey;
}
const issuers: Issuer[] = [
  { title: "ES256, with a key that Signet made", algorithm: "ES256" },
  { title: "ES256, with a key of the operator's", algorithm: "ES256", key: newKey("ES256") },
  { title: "RS256", algorithm: "RS256", key: newKey("RS256") },
  { title: "Ed25519", algorithm: "Ed25519", key: newKey("Ed25519") },
  { title: "HS256, with a secret that is shared", algorithm: "HS256", key: newKey("HS256") },
];
const present = verifiers.filter(({ version }) => version !== undefined);
const observed: Observed[] = present.map((verifier) => ({ verifier, accepts: {} }));

for (const { name, version, comesWith } of verifiers) {
  // oxlint-disable-next-line no-console -- a verifier that was not asked must not look like one that agreed
  if (version === undefined) console.info(`SKIPPED: ${name} is not on this machine. It comes with: ${comesWith}`);
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet interop "));
  await makeDatabase(join(folder, "new"));
  for (const { build } of present) build?.();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The slow part of a server's first start, once for all of them. */
async function makeDatabase(dataDir: string): Promise<void> {
  const embedded = await openEmbeddedDatabase({ dataDir });
  const database = createDatabase(embedded.connection);
  await database.migrate();
  await database.close();
  await embedded.close();
}

async function settingsOf({ algorithm, key }: Issuer, file: string): Promise<Record<string, string>> {
  if (key === undefined) return { AUTH_ALGORITHM: algorithm };
  if (typeof key === "string") return { AUTH_ALGORITHM: algorithm, AUTH_HS256_SECRET: key };
  await writeFile(file, JSON.stringify({ keys: [{ ...key.export({ format: "jwk" }), alg: algorithm }] }), {
    mode: 0o600,
  });
  return { AUTH_ALGORITHM: algorithm, AUTH_KEYS_FILE: file };
}

describe.each(issuers)("$title:", (issuer) => {
  const { title, algorithm, key } = issuer;
  let server: RunningServer;
  let url: string;
  let genuine: string;
  let accepted: string[];
  let refused: Record<string, string>;

  beforeAll(async () => {
    const dataDir = join(folder, title);
    await cp(join(folder, "new"), dataDir, { recursive: true });
    server = await startServer(dataDir, await settingsOf(issuer, `${dataDir}.json`));
    ({ url } = server);
    genuine = (await signUp(url)).accessToken;
    const { keys } = await (await fetch(`${url}/.well-known/jwks.json`)).json();
    accepted = [genuine];
    refused = forgeries(genuine, keys[0]);
    if (key === undefined) return;
    accepted.push(remade(genuine, key), remade(genuine, key, { claims: { aud: ["https://elsewhere.example", url] } }));
    Object.assign(refused, notForUs(genuine, key));
  });
  afterAll(() => server.stop());

  // Most of it is waiting for another process to start.
  test.concurrent.each(observed)(
    "$verifier.name takes the genuine token, or does not know its algorithm, and refuses every other",
    async ({ verifier, accepts }) => {
      const running = await startVerifier(verifier, {
        ISSUER: url,
        AUDIENCE: url,
        JWKS_URL: `${url}/.well-known/jwks.json`,
        ALGORITHM: algorithm,
        ...(typeof key === "string" && { SHARED_SECRET: key }),
      });
      try {
        const subject = await running.subjectOf(genuine);
        accepts[algorithm] = subject !== undefined;
        const expected = accepts[algorithm] ? partsOf(genuine).claims["sub"] : undefined;
        for (const token of accepted) expect(await running.subjectOf(token)).toBe(expected);
        const taken: string[] = [];
        for (const [what, token] of Object.entries(refused)) {
          if ((await running.subjectOf(token)) !== undefined) taken.push(what);
        }
        expect(taken).toEqual([]);
        expect(await running.subjectOf(genuine)).toBe(expected);
      } finally {
        await running.stop();
      }
    },
  );
});

test("every verifier on this machine knows ES256 and RS256, and the tables in the docs say what each of them knows (KEY-22)", async () => {
  for (const { verifier, accepts } of observed) {
    expect([verifier.name, accepts["ES256"], accepts["RS256"]]).toEqual([verifier.name, true, true]);
  }
  expect(await compareTables(observed)).toEqual([]);
});
