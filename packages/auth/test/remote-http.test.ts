// A verifier and its issuer over real HTTP, with the runtime's own fetch, timers and clocks.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { createRemoteVerifier, type RemoteVerifierOptions } from "../src/remote-verifier.ts";
import { fixedClock } from "../src/testing.ts";
import { byTimer } from "../src/within-time.ts";
import { listen, toListener } from "./adapters/adapter-scene.ts";
import { client, createTestIssuer, type TestIssuer } from "./remote-scene.ts";
import { expectRefusal } from "./scene.ts";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function createHttpScene(options: Partial<RemoteVerifierOptions> = {}) {
  const clock = fixedClock(Date.now());
  let issuer: TestIssuer | undefined;
  const server = await listen(toListener(async (request) => (issuer ? issuer.handle(request) : Response.error())));
  cleanUps.push(server.close);
  issuer = await createTestIssuer({ clock, schedule: byTimer }, server.url);
  const verifier = createRemoteVerifier({ issuer: issuer.url, client, ...options });
  cleanUps.push(() => verifier.stop());
  return { issuer, verifier, server };
}

/** Over when the condition holds; the test's own limit of time ends it otherwise. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => void setTimeout(resolve, 2));
}

test("a service that knows an address and its own credentials verifies, and learns of what ends within a second", async () => {
  const { issuer, verifier } = await createHttpScene();
  verifier.start();
  const token = await issuer.sign({ sid: "s" });
  expect(await verifier.verify(token)).toMatchObject({ sub: "user-1", sid: "s" });
  await until(() => verifier.status().ready && issuer.held === 1);
  const endedAt = performance.now();
  issuer.revoke("session", "s");
  await until(() => verifier.status().revocationEntries === 1);
  expect(performance.now() - endedAt).toBeLessThan(1_000);
  await expectRefusal(verifier.verify(token), "token_revoked");
});

test("RS-01: while tokens are verified no request reaches the issuer but the one that it holds", async () => {
  const { issuer, verifier } = await createHttpScene();
  verifier.start();
  await until(() => verifier.status().ready && issuer.held === 1);
  const before = issuer.asked.length;
  const tokens = await Promise.all(Array.from({ length: 200 }, (_, index) => issuer.sign({ jti: `t${index}` })));
  for (let round = 0; round < 10; round++) await Promise.all(tokens.map((token) => verifier.verify(token)));
  expect(issuer.asked.length).toBe(before);
  expect(issuer.held).toBe(1);
});

test("RS-02: an issuer that is switched off is not missed by tokens of known keys", async () => {
  const problems: string[] = [];
  const { issuer, verifier, server } = await createHttpScene({ onProblem: (part) => problems.push(part) });
  verifier.start();
  await until(() => verifier.status().ready && issuer.held === 1);
  await server.close();
  await until(() => problems.includes("revocations"));
  await verifier.verify(await issuer.sign());
  expect(verifier.status().ready).toBe(true);
});

test("stop lets the process end by itself", async () => {
  const { issuer } = await createHttpScene();
  const script = `
    import { createRemoteVerifier } from ${JSON.stringify(new URL("../dist/remote.js", import.meta.url).href)};
    const verifier = createRemoteVerifier(${JSON.stringify({ issuer: issuer.url, client })});
    verifier.start();
    while (!verifier.status().ready) await new Promise((resolve) => setTimeout(resolve, 2));
    await verifier.stop();
    console.log("stopped");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = child.stdout.toArray();
  const [exitCode] = (await once(child, "exit")) as [number];
  expect(exitCode).toBe(0);
  expect(String(await output)).toBe("stopped\n");
});
