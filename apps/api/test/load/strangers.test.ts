// A million requests of strangers, no two alike: tokens that nobody signed, keys that nobody has, names that nobody bears, each from an
// address of its own (F38, F39). Whatever is remembered of them has to have an end. Run by `npm run test:load`.

import { afterAll, beforeAll, expect, test } from "vitest";
import { beginLoad, type Rig, say, startRig, type Times } from "./rig.ts";

const count = Number(process.env["SIGNET_LOAD_STRANGERS"] ?? 1_000_000);

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ TRUSTED_PROXY_HOPS: "1" });
});

afterAll(async () => {
  await rig?.stop();
});

test("memory stops growing, and nobody is let in", async () => {
  const load = beginLoad("strangers", {
    port: rig.port,
    token: rig.token,
    count,
    sayEvery: count / 10,
  });
  const readings: number[] = [];
  for (let tenth = 0; tenth < 10; tenth++) {
    await load.next();
    const { rssMib, heapMib } = await rig.read();
    readings.push(rssMib);
    say(
      `${(((tenth + 1) * count) / 10).toLocaleString("en")} strangers: ${rssMib.toFixed(0)} MiB, heap ${heapMib.toFixed(0)} MiB`,
    );
  }
  const times = (await load.end) as Times;
  for (const [status, { count: answers }] of Object.entries(times)) say(`${status}: ${answers} answers`);
  for (const status of Object.keys(times)) expect(["401", "429", "503"]).toContain(status);
  const early = Math.max(...readings.slice(0, 4));
  const late = Math.max(...readings.slice(7));
  expect(late).toBeLessThan(early + 30);
}, 600_000);
