// The README's examples, run as they stand there: first the issuer, then the service that verifies what it issued.

import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { systemClock } from "../src/clock.ts";
import type { Revocations } from "../src/revocation-follower.ts";
import { createMemorySigningKeyStore, fixedKeys } from "../src/testing.ts";
import type { AccessTokenVerifier } from "../src/verify-access-token.ts";
import { createTestSource } from "./revocation-scene.ts";
import { audience, createScene, issuer } from "./scene.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const folder = new URL("../dist/.readme/", import.meta.url);
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs an example, importing the source of what it imports, with the values that it takes as given. */
async function run<Exports>(name: string, code: string, given: Record<string, unknown>): Promise<Exports> {
  mkdirSync(folder, { recursive: true });
  const path = new URL(`${name}.ts`, folder);
  const imports = code.replaceAll(/"@signet\/auth\/(\w+)"/g, '"../../src/$1.ts"');
  Object.assign(globalThis, { given });
  writeFileSync(path, `const { ${Object.keys(given).join(", ")} } = globalThis.given;\n${imports}`);
  return (await import(path.pathname)) as Exports;
}

test("the token that one example issues is the one that the other accepts", async () => {
  const [verify = "", , sign = ""] = examples;
  expect(examples).toHaveLength(3);
  const secret = randomBytes(32).toString("base64");
  const store = createMemorySigningKeyStore(systemClock);
  const { jwks, accessToken } = await run<{ jwks: object; accessToken: string }>("sign", sign, { secret, store });
  const { whoIs } = await run<{ whoIs(header?: string): Promise<unknown> }>("verify", verify, { jwks });

  expect(await whoIs(`Bearer ${accessToken}`)).toEqual({ subject: "user-1", scopes: ["notes:read"] });
  expect(await whoIs(undefined)).toEqual({ refused: "token_missing" });
  expect(await whoIs("Bearer a,b")).toEqual({ refused: "token_malformed" });
  expect(await whoIs(`Bearer ${accessToken.slice(0, -4)}AAAA`)).toEqual({ refused: "token_invalid" });
});

test("with the example for revocations a token is accepted until its session is ended", async () => {
  const { key, token, claims, clock } = await createScene();
  const source = createTestSource(clock);
  const keys = fixedKeys(key.verification);
  const inReadme = new Map([
    ["https://app.example", issuer],
    ["https://notes.example", audience],
  ]);
  const code = [...inReadme].reduce((text, [theirs, ours]) => text.replaceAll(theirs, ours), examples[1] ?? "");
  const withClock = code.replaceAll("clock: systemClock", "clock").replace(/^import .*clock";\n/m, "");
  const { verifier, revocations } = await run<{ verifier: AccessTokenVerifier; revocations: Revocations }>(
    "revocation",
    withClock,
    { source, keys, clock },
  );
  try {
    await revocations.poll();
    expect(await verifier.verify(token)).toEqual(claims);
    source.revoke("session", claims.sid);
    await revocations.poll();
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: "token_revoked" });
  } finally {
    await revocations.stop();
  }
});
