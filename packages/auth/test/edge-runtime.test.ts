// The built verifier in a runtime that has what the edge has, and nothing of Node.js.

import { fileURLToPath } from "node:url";
import { EdgeVM } from "@edge-runtime/vm";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { client, createTestIssuer } from "./remote-scene.ts";
import { createTestTime } from "./revocation-scene.ts";

/** All of an entry point and what it imports, as one script that sets a global. */
async function bundle(entry: string): Promise<string> {
  const input = fileURLToPath(new URL(`../dist/${entry}.js`, import.meta.url));
  const bundled = await rolldown({ input, platform: "neutral", resolve: { conditionNames: ["import"] } });
  const { output } = await bundled.generate({ format: "iife", name: `globalThis.bundled_${entry}` });
  await bundled.close();
  return output[0].code;
}

async function createEdge() {
  const time = createTestTime();
  const issuer = await createTestIssuer(time);
  const edge = new EdgeVM();
  edge.evaluate(await bundle("remote"));
  edge.evaluate(await bundle("fetch"));
  Object.assign(edge.context, {
    options: { issuer: issuer.url, client, clock: time.clock, monotonicMs: time.monotonicMs },
    async ask(url: string, headers: Record<string, string>) {
      const response = await issuer.handle(new Request(url, { headers }));
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
    },
  });
  edge.evaluate(`
    const fetchFromIssuer = async (url, { headers }) => {
      const { body, ...init } = await ask(String(url), headers);
      return new Response(body, init);
    };
    const verifier = bundled_remote.createRemoteVerifier({ ...options, fetch: fetchFromIssuer });
    const handle = bundled_fetch.protect(verifier, (request, claims) => Response.json({ sub: claims.sub }));
    globalThis.answer = async (authorization) => {
      const headers = authorization === undefined ? {} : { Authorization: authorization };
      const response = await handle(new Request("https://notes.example/", { headers }));
      return response.status + " " + (await response.text());
    };`);
  const { answer } = edge.context as unknown as { answer(authorization?: string): Promise<string> };
  return { edge, issuer, answer, ...time };
}

test("the runtime has nothing of Node.js", async () => {
  const { edge } = await createEdge();
  expect(edge.evaluate("[typeof process, typeof Buffer, typeof require, typeof setImmediate].join()")).toBe(
    "undefined,undefined,undefined,undefined",
  );
});

test("a token is verified there, and refused once its session was revoked; without start, and so without timers", async () => {
  const { issuer, answer, pass } = await createEdge();
  const authorization = `Bearer ${await issuer.sign({ sid: "s" })}`;
  expect(await answer(authorization)).toBe('200 {"sub":"user-1"}');
  expect(await answer()).toMatch(/^401 .*token_missing/);
  expect(await answer(`${authorization.slice(0, -4)}AAAA`)).toMatch(/^401 .*token_invalid/);
  issuer.revoke("session", "s");
  await pass(31_000);
  expect(await answer(authorization)).toMatch(/^401 .*token_revoked/);
});
