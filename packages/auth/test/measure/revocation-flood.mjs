// Measures what 100,000 revocations at once do to a process (F30): how long the event loop is held up, how long
// verifications take meanwhile, when all are refused, and what an entry costs in memory. On the built files:
//   npm run --prefix packages/auth measure
// Each round is a process of its own. Between the rounds with a flood are ones without: what the machine does by itself, when
// it is busy with other things, shows there. All rounds count; none is left out.

import { execFileSync } from "node:child_process";
import { loadavg } from "node:os";
import { createHistogram, monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "../../dist/clock.js";
import { createRevocationList, createRevocations } from "../../dist/revocation.js";
import { exampleClaims, fixedKeys, signedToken, throwAwayKey } from "../../dist/testing.js";
import { createAccessTokenVerifier } from "../../dist/verify.js";

setFlagsFromString("--expose-gc");
const collectGarbage = /** @type {() => void} */ (runInNewContext("gc"));

const count = 100_000;
const rounds = 20;
const boundMs = 50;
const [what, pageSize = "5000"] = process.argv.slice(2);

/** As a driver gives them: texts of their own, 22 characters. @param {number} amount @returns {any[]} */
function entriesOf(amount) {
  const expiresAt = Math.floor(Date.now() / 1000) + 1020;
  const rows = Array.from({ length: amount }, (_, index) => ({
    seq: index + 1,
    kind: "session",
    id: Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url"),
    expiresAt,
  }));
  return JSON.parse(JSON.stringify(rows));
}

/** @param {number} milliseconds */
const pass = (milliseconds) => new Promise((resolve) => void setTimeout(resolve, milliseconds));

/** One round: with a flood, or without one for as long as it would take. @param {boolean} isFlood */
async function measureRound(isFlood) {
  /** @type {any[]} */
  let table = [];
  const source = {
    listRevocations: async (/** @type {number} */ after, /** @type {number} */ limit) => ({
      entries: table.slice(after, after + limit),
      last: table.length,
    }),
  };
  const revocations = createRevocations({
    source,
    clock: systemClock,
    whenStale: "reject",
    pageSize: Number(pageSize),
  });
  const key = await throwAwayKey("ES256");
  const verifier = createAccessTokenVerifier({
    issuer: "https://issuer.example",
    audience: "https://api.example",
    algorithms: ["ES256"],
    keys: fixedKeys(key.verification),
    clock: systemClock,
    revocations,
  });
  const token = await signedToken(key.signing, exampleClaims(systemClock));
  await revocations.poll();
  const flooded = entriesOf(count);
  collectGarbage();
  await pass(100);

  let collectingMs = 0;
  const collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collectingMs = Math.max(collectingMs, duration);
  });
  collections.observe({ entryTypes: ["gc"] });
  const verifications = createHistogram();
  const over = new AbortController();
  const verifying = (async () => {
    while (!over.signal.aborted) {
      const startedAt = performance.now();
      await verifier.verify(token);
      verifications.record(Math.max(1, Math.round((performance.now() - startedAt) * 1e6)));
      await pass(1);
    }
  })();
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  await pass(20);
  const startedAt = performance.now();
  if (isFlood) table = flooded;
  await Promise.all([revocations.poll(), isFlood ? undefined : pass(250)]);
  const tookMs = performance.now() - startedAt;
  await pass(20);
  loop.disable();
  over.abort();
  await verifying;
  if (revocations.size !== table.length || revocations.stale) throw new Error("Not all of them arrived.");
  return { tookMs, loopMs: loop.max / 1e6, collectingMs, verifyMs: verifications.percentile(99) / 1e6 };
}

/** @param {number} amount */
function bytesPerEntry(amount) {
  const list = createRevocationList({ clock: systemClock });
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let done = 0; done < amount; done += 1_000) list.add(entriesOf(Math.min(1_000, amount - done)));
  collectGarbage();
  const bytes = (process.memoryUsage().heapUsed - before) / amount;
  if (list.size !== amount) throw new Error("Not all of them arrived.");
  return Math.round(bytes);
}

function lookUpsPerSecond() {
  const list = createRevocationList({ clock: systemClock });
  list.add(entriesOf(count));
  const claims = Array.from({ length: 1_000 }, (_, index) => ({ sid: `session-${index}`, jti: `token-${index}` }));
  let found = 0;
  const startedAt = performance.now();
  for (let round = 0; round < 1_000; round++) {
    for (const one of claims) found += Number(list.isRevoked(one, "key"));
  }
  if (found > 0) throw new Error("Found what was never revoked.");
  return Math.round(1e9 / (performance.now() - startedAt));
}

/** @param {string} name @param {number[]} values */
function summary(name, values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ part) => (sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN).toFixed(1);
  return `${name} median ${at(0.5)}, p90 ${at(0.9)}, worst ${at(1)} ms`;
}

function measureAll() {
  const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);
  const load = () => loadavg()[0]?.toFixed(1);
  say(`Node.js ${process.version}, ${count} revocations at once, ${rounds} rounds each, load ${load()} at the start`);
  /** @type {Record<string, any[]>} */
  const results = {};
  for (let round = 0; round < rounds; round++) {
    for (const variant of ["none 5000", "flood 5000", `flood ${count}`]) {
      const answer = execFileSync(process.execPath, [import.meta.filename, ...variant.split(" ")], {
        encoding: "utf8",
      });
      (results[variant] ??= []).push(JSON.parse(answer));
    }
  }
  for (const [variant, all] of Object.entries(results)) {
    say(`\n${variant.startsWith("none") ? "no flood" : `flood, pages of ${variant.split(" ")[1]}`}`);
    const loops = all.map(({ loopMs }) => loopMs);
    const over = loops.filter((milliseconds) => milliseconds > boundMs).length;
    say(`  ${summary("event loop held up:", loops)}; over ${boundMs} ms in ${over} of ${rounds} rounds`);
    say(
      `  ${summary(
        "longest garbage collection:",
        all.map(({ collectingMs }) => collectingMs),
      )}`,
    );
    say(
      `  ${summary(
        "verification, p99 of a round:",
        all.map(({ verifyMs }) => verifyMs),
      )}`,
    );
    if (variant.startsWith("flood"))
      say(
        `  ${summary(
          "all refused after:",
          all.map(({ tookMs }) => tookMs),
        )}`,
      );
  }
  say("");
  for (const amount of [count, 1_000_000]) {
    say(`memory: ${bytesPerEntry(amount)} bytes an entry with ${amount}`);
  }
  say(`looking up, with ${count} in the list: ${lookUpsPerSecond()} a second`);
  say(`load ${load()} at the end`);
}

if (what === undefined) measureAll();
else process.stdout.write(JSON.stringify(await measureRound(what === "flood")));
