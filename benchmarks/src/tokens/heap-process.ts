// Verifies tokens twice, so that they are remembered for good, and says by how much the heap grew for each.

import { fresh, fromHeader, makeMaterial } from "./material.ts";
import { verifierOf } from "./verifying.ts";

const count = Number(process.argv[2]);
/** What is made once, however many tokens follow, is made by these: compiled code, above all. */
const before = Math.ceil(count / 5);
const material = await makeMaterial("ES256", { count: count + before });
// Of one piece each, as requests bring them: what was put together becomes smaller when it is first read.
material.tokens = material.tokens.map(fresh);
const verifier = await verifierOf(material);
const early = material.tokens.splice(0, before);
await rememberAll(early);

const bytesBefore = await restingBytes();
await rememberAll(material.tokens);
const perToken = ((await restingBytes()) - bytesBefore) / count;
// All are still needed, so that nothing of what was there before was collected meanwhile.
await verifier.verify(fromHeader(early[0] ?? ""));
if (material.tokens.length !== count) throw new Error("The tokens are gone.");
process.stdout.write(JSON.stringify(Math.round(perToken)));

async function rememberAll(tokens: readonly string[]): Promise<void> {
  for (const token of tokens) {
    await verifier.verify(fromHeader(token));
    await verifier.verify(fromHeader(token));
  }
}

async function restingBytes(): Promise<number> {
  for (let pass = 0; pass < 4; pass += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
