// Verifies tokens twice, so that they are remembered for good, and says by how much the heap grew for each.

import { fresh, makeMaterial } from "./material.ts";
import { verifierOf } from "./verifying.ts";

const count = Number(process.argv[2]);
const material = await makeMaterial("ES256", { count: count + 1 });
// Of one piece each, as requests bring them: what was put together becomes smaller when it is first read.
material.tokens = material.tokens.map(fresh);
const verifier = await verifierOf(material);
const last = material.tokens.pop() ?? "";
// What is made once, however many tokens follow, is made now.
await verifier.verify(fresh(last));

const before = await restingBytes();
for (let index = 0; index < count; index += 1) {
  const token = material.tokens[index] ?? "";
  await verifier.verify(fresh(token));
  await verifier.verify(fresh(token));
}
const perToken = ((await restingBytes()) - before) / count;
// Both still needed, so that nothing of what was there before was collected meanwhile.
await verifier.verify(fresh(last));
if (material.tokens.length !== count) throw new Error("The tokens are gone.");
process.stdout.write(JSON.stringify(Math.round(perToken)));

async function restingBytes(): Promise<number> {
  for (let pass = 0; pass < 4; pass += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
