// Clients that take places and give nothing, by the hundred and by the thousand, from more addresses than one, at the usual limits: all
// are cut off in time, and nobody else notices (F41, SRV-04). Run by `npm run test:load`.

import { afterAll, beforeAll, expect, test } from "vitest";
import { beginLoad, ms, probe, type Rig, say, startRig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
  await probe(rig, 2_000);
});

afterAll(async () => {
  await rig?.stop();
});

const rounds = 4;
const probeMs = 1_500;

interface Cut {
  cut: number;
  lastCutMs: number;
  refused: number;
}

async function bestP99(): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) best = Math.min(best, (await probe(rig, probeMs)).p99Ms);
  return best;
}

test.each([
  // Headers have 10 s, bodies 15 s, answers 15 s, and a look is taken every 2 s; the rest is for a machine that is busy.
  { how: "headers", connections: 500, perAddress: 500, cutWithinMs: 14_000 },
  { how: "bodies", connections: 500, perAddress: 500, cutWithinMs: 19_000 },
  { how: "readers", connections: 10, perAddress: 10, cutWithinMs: 60_000 },
  { how: "silent", connections: 5_000, perAddress: 900, cutWithinMs: 16_000 },
])("$connections connections that are slow ($how) are cut off in time, and nobody else waits", async (slow) => {
  const { how, connections, perAddress, cutWithinMs } = slow;
  const calm = await bestP99();
  const { port, token } = rig;
  const load = beginLoad("slow", { port, token, how, connections, perAddress, forMs: cutWithinMs + 10_000 });
  await load.next();
  const beset = await bestP99();
  const { cut, lastCutMs, refused } = (await load.end) as Cut;
  const { rssMib } = await rig.read();
  say(
    `${how}: ${cut} of ${connections} cut off, the last after ${(lastCutMs / 1000).toFixed(1)} s; ` +
      `whoami p99 ${ms(calm)} calm, ${ms(beset)} meanwhile; memory ${rssMib.toFixed(0)} MiB`,
  );
  expect(refused).toBe(0);
  expect(cut).toBe(connections);
  expect(lastCutMs).toBeLessThan(cutWithinMs);
  expect(beset).toBeLessThan(2 * calm);
});

test("9,900 idle connections cost nobody anything, and those that come then find room", async () => {
  const calm = await bestP99();
  const { port } = rig;
  const load = beginLoad("slow", { port, how: "idle", connections: 9_900, perAddress: 900, forMs: 20_000 });
  await load.next();
  const beset = await bestP99();
  const more = beginLoad("slow", { port, how: "idle", connections: 300, perAddress: 300, net: 2, forMs: 3_000 });
  const late = (await more.end) as Cut;
  const { rssMib } = await rig.read();
  const fine = await probe(rig, probeMs);
  say(
    `9,900 idle: whoami p99 ${ms(calm)} calm, ${ms(beset)} meanwhile; memory ${rssMib.toFixed(0)} MiB; ` +
      `of 300 that came when all places were taken ${late.cut} found none (p99 then ${ms(fine.p99Ms)})`,
  );
  load.process.kill();
  expect(late.cut).toBe(0);
  expect(beset).toBeLessThan(2 * calm);
});
