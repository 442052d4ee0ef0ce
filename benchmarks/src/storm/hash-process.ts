// Argon2id alone: passwords compared with their hash, as quickly as that many threads can.

import { availableParallelism } from "node:os";
import { createPasswordHasher } from "@signet/accounts";
import { password } from "./settings.ts";

const forMs = Number(process.argv[2]);
/** As the product has by default. */
const threads = Math.max(1, availableParallelism() - 1);
const warmUpMs = 300;

const hasher = createPasswordHasher({ threads });
const stored = await hasher.hash(password);
await verifyFor(warmUpMs);
process.stdout.write(JSON.stringify({ perSecond: await verifyFor(forMs) }));
await hasher.close();

/** @returns How many in a second. */
async function verifyFor(ms: number): Promise<number> {
  const startedAt = performance.now();
  let done = 0;
  const worker = async () => {
    while (performance.now() - startedAt < ms) {
      await hasher.verify(stored, password);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: threads * 2 }, worker));
  return (done / (performance.now() - startedAt)) * 1000;
}
