// TOK-12: length is checked before anything is decoded, so that size costs the sender and not us.

import { expect, test } from "vitest";
import { createScene, expectRefusal, expectTwinAccepted, partsOf } from "../scene.ts";

const scene = await createScene();
const { verifier, claims, sign } = scene;
const [header, payload, signature] = partsOf(scene.token);

/** A rightly signed token of exactly that length, or one more where base64 has no such length. */
async function tokenOfLength(length: number): Promise<string> {
  const base = (await sign({ ...claims, filler: "" })).length;
  for (let filler = Math.floor(((length - base) * 3) / 4) - 2; ; filler++) {
    const token = await sign({ ...claims, filler: "x".repeat(filler) });
    if (token.length >= length) return token;
  }
}

test("accepts a token of 8 KiB and rejects one that is longer", async () => {
  const longest = await tokenOfLength(8191);
  expect(longest.length).toBeLessThanOrEqual(8192);
  expect(await verifier.verify(longest)).toEqual(claims);
  await expectRefusal(verifier.verify(await tokenOfLength(8193)), "token_malformed");
});

test("rejects a header of more than 1 KiB", async () => {
  const fits = await sign(claims, { filler: "x".repeat(600) });
  expect(await verifier.verify(fits)).toEqual(claims);
  await expectRefusal(verifier.verify(await sign(claims, { filler: "x".repeat(768) })), "token_malformed");
});

test.each([
  ["one long segment", "A".repeat(50_000_000)],
  ["dots", ".".repeat(50_000_000)],
  ["a long payload", `${header}.${"A".repeat(50_000_000)}.${signature}`],
  ["a long signature", `${header}.${payload}.${"A".repeat(50_000_000)}`],
])("refuses 50 MB of %s without looking at them", async (_, token) => {
  const verification = verifier.verify(token);
  await expectRefusal(verification, "token_malformed");
  // The quickest of many: what else runs on the machine takes its own time.
  const times: number[] = [];
  for (let round = 0; round < 100; round++) {
    const startedAt = performance.now();
    await verifier.verify(token).catch(() => {});
    times.push(performance.now() - startedAt);
  }
  expect(Math.min(...times)).toBeLessThan(1);
});

test("deep nesting within the limit is read, and does not exhaust the stack", async () => {
  const depth = 2500;
  const text = JSON.stringify(claims).replace("{", `{"deep":${"[".repeat(depth)}${"]".repeat(depth)},`);
  const token = await sign(text as never);
  expect(token.length).toBeLessThan(8192);
  expect(await verifier.verify(token)).toEqual(claims);
});

test("accepts the untampered twin", () => expectTwinAccepted(scene));
