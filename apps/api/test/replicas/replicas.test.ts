// Two APIs, a web app and a resource server on one PostgreSQL, under constant load, while everything happens to them that happens to
// servers. Every wrong answer is counted. Run by `npm run test:replicas`.

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "@signet/auth/clock";
import { createKeyRing, type KeyRing } from "@signet/auth/keys";
import { createDatabase, type Database } from "@signet/db";
import { startTestPostgres, type TestPostgres } from "@signet/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../running-api.ts";
import { createCounts, tableOf, wrongAnswers } from "./counts.ts";
import { type Gate, startGate } from "./gate.ts";
import { knownAfterMs, live } from "./load.ts";
import { createServerProcess, type ServerProcess } from "./server-process.ts";

const people = 8;
/** Issuers read their keys every 5 s, and resource servers fetch them every 30 s at most, however short the JWK Set says. */
const activeAfterSeconds = 38;
/** Not a storm: what was refused while the database was gone may be tried again for so long. */
const recoveryMs = 5_000;
/** A revoked key is dropped at once, wherever that is heard; the one that takes its place is read from the table a moment later. */
const replacementMs = 2_000;

let postgres: TestPostgres;
let database: Database;
let keyRing: KeyRing;
let dataDir: string;
let gate: Gate;
let issuers: ServerProcess[];
let notes: ServerProcess;

beforeAll(async () => {
  postgres = await startTestPostgres({ durable: true });
  dataDir = await mkdtemp(join(tmpdir(), "signet test "));
  const secret = randomBytes(32).toString("base64url");
  const client = { id: "notes", secret: randomBytes(32).toString("base64url") };
  const issuer = "http://localhost:3000";
  const settings = {
    APP_URL: issuer,
    DATABASE_URL: postgres.connectionString,
    AUTH_SECRET: secret,
    RESOURCE_SERVER_CLIENTS: `${client.id}:${client.secret}`,
    DATA_DIR: dataDir,
    DRAIN_SECONDS: "1",
    LOG_LEVEL: "warn",
    // All of these people come from one address.
    SIGN_UPS_PER_ADDRESS: "100000",
  };
  issuers = [
    await createServerProcess("api 1", "apps/api/dist/main.js", { ...settings, WORKERS: "1" }),
    await createServerProcess("api 2", "apps/api/dist/main.js", { ...settings, WORKERS: "2" }),
    await createServerProcess("web", "apps/web/dist/server/main.js", settings),
  ];
  for (const server of issuers) await server.start();
  gate = await startGate(issuers);
  notes = await createServerProcess("resource server", "apps/resource-server/dist/main.js", {
    PORT: String(await freePort()),
    ISSUER_URL: issuer,
    JWKS_URL: `${gate.url}/.well-known/jwks.json`,
    REVOCATIONS_URL: `${gate.url}/auth/revocations`,
    CLIENT_ID: client.id,
    CLIENT_SECRET: client.secret,
    DATA_DIR: dataDir,
    LOG_LEVEL: "warn",
  });
  await notes.start();
  database = createDatabase({ connectionString: postgres.connectionString });
  const { insertKey, ...store } = database.signingKeys;
  keyRing = createKeyRing({
    algorithm: "ES256",
    secrets: [secret],
    clock: systemClock,
    store: {
      ...store,
      insertKey: (key) =>
        insertKey({ ...key, activeAfterSeconds: Math.min(key.activeAfterSeconds, activeAfterSeconds) }),
    },
  });
  await keyRing.load();
});

afterAll(async () => {
  await Promise.all([...(issuers ?? []), notes].map((server) => server?.stop()));
  gate?.close();
  await database?.close();
  await postgres?.stop();
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
});

test("nobody valid is refused, nobody ended is accepted after a second, whatever happens to the servers (F2, F3, F8, F9, F19, F26, F32)", async () => {
  const counts = createCounts();
  const over = new AbortController();
  const revokedKeys = new Map<string, number>();
  let databaseGoneAt = Number.POSITIVE_INFINITY;
  let databaseBackAt: number | undefined = Number.NEGATIVE_INFINITY;
  let keyRevokedAt = Number.NEGATIVE_INFINITY;
  const startedAt = performance.now();
  const load = Array.from({ length: people }, () =>
    live({
      issuers,
      verifiers: [
        ...issuers.map((server) => ({ server, path: "/api/protected" })),
        { server: notes, path: "/protected" },
      ],
      counts,
      over: over.signal,
      startedAt,
      excuse: () => {
        const now = performance.now();
        if (databaseBackAt === undefined || now < databaseBackAt + recoveryMs) return "while the database was gone";
        return now < keyRevokedAt + replacementMs ? "while a revoked key was replaced" : undefined;
      },
      whyUnknown: (server, endedAt) => {
        const now = performance.now();
        const isBack = databaseBackAt !== undefined && now > databaseBackAt + recoveryMs;
        // What was ended in the last second before, others had no chance to read; they were told to accept meanwhile.
        if (endedAt > databaseGoneAt - knownAfterMs && !isBack) return "that were ended just before the database went";
        const isBlind = server === notes && (!gate.isOpen || now < gate.openedAt + recoveryMs);
        return isBlind ? "while the feed was cut" : undefined;
      },
      revokedKeys,
    }),
  );
  const phase = async (name: string, happens: () => Promise<unknown>) => {
    process.stdout.write(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${name}\n`);
    await happens();
    const wrong = wrongAnswers.reduce((sum, what) => sum + (counts.seen().get(what) ?? 0), 0);
    process.stdout.write(`          ${wrong === 0 ? "nothing wrong so far" : `${wrong} wrong answers so far`}\n`);
  };
  const signing = () => keyRing.describe().find(({ phase: what }) => what === "signing")?.kid;
  const rotate = async () => {
    const before = signing();
    await keyRing.rotate();
    while (signing() === before) await wait(500);
    await wait(1_000);
  };
  const restart = async (server: ServerProcess, signal: NodeJS.Signals) => {
    const code = await server.stop(signal);
    expect(code, server.name).toBe(signal === "SIGTERM" ? 0 : null);
    await wait(500);
    await server.start();
    await wait(500);
  };
  const [api1, api2, web] = issuers as [ServerProcess, ServerProcess, ServerProcess];

  await phase("all is well", () => wait(5_000));
  let rotated = rotate();
  await phase("the next key is published", () => wait(1_000));
  for (const server of [api1, api2, web])
    await phase(`${server.name} restarts by SIGTERM`, () => restart(server, "SIGTERM"));
  await phase("the next key begins to sign", () => rotated);
  for (const server of [api1, notes])
    await phase(`${server.name} restarts by kill -9`, () => restart(server, "SIGKILL"));
  rotated = rotate();
  await phase("one more key is published", () => wait(6_000));
  await phase("PostgreSQL is killed, and returns after five seconds", async () => {
    databaseBackAt = undefined;
    databaseGoneAt = performance.now();
    await postgres.crash();
    await wait(5_000);
    await postgres.restart();
    databaseBackAt = performance.now();
    await wait(recoveryMs + 1_000);
  });
  await phase("the feed is cut for five seconds", async () => {
    gate.cut();
    await wait(5_000);
    gate.open();
    await wait(recoveryMs);
  });
  await phase("that key begins to sign", () => rotated);
  await phase("it is revoked", async () => {
    await keyRing.load();
    const kid = signing() ?? "";
    // From here on either answer may come; what must not come is counted from the answer on.
    keyRevokedAt = Number.POSITIVE_INFINITY;
    revokedKeys.set(kid, Number.POSITIVE_INFINITY);
    await keyRing.revoke({ kid });
    keyRevokedAt = performance.now();
    revokedKeys.set(kid, keyRevokedAt);
    await wait(8_000);
  });

  over.abort();
  await Promise.all(load);
  process.stdout.write(`\n${tableOf(counts)}\n\n`);
  for (const { what, details } of counts.examples()) process.stdout.write(`${what}: ${JSON.stringify(details)}\n`);
  for (const what of wrongAnswers) expect(counts.seen().get(what), what).toBe(0);
  expect(counts.seen().get("verified by resource server")).toBeGreaterThan(500);
  expect(counts.seen().get("ended tokens refused")).toBeGreaterThan(500);
  expect(counts.seen().get("refreshes")).toBeGreaterThan(100);
});
