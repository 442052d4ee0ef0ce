// Refreshes as quickly as the database allows, in a process that does nothing else. The first argument names the database.

import { createPasswordHasher } from "@signet/accounts";
import { createDatabase, openEmbeddedDatabase } from "@signet/db";
import { accountsOn, client, password, refreshTokenOf } from "./settings.ts";

export interface RefreshOrder {
  /** Of PostgreSQL, or of the folder for the embedded database. */
  connectionString?: string;
  dataDir?: string;
  forMs: number;
}

export interface RefreshResult {
  perSecond: number;
  statementsEach: number;
}

const sessionCount = 100;
const inFlight = 20;
const warmUpMs = 700;

const { connectionString, dataDir = "", forMs } = JSON.parse(process.argv[2] ?? "{}") as RefreshOrder;
const embedded = connectionString === undefined ? await openEmbeddedDatabase({ dataDir }) : undefined;
const database = createDatabase({
  connectionString: connectionString ?? embedded?.connection.connectionString ?? "",
});
// Sessions are what is measured here: a cheap password begins them.
const hasher = createPasswordHasher({ threads: 1, cost: { memoryKib: 64, passes: 1, lanes: 1 } });
try {
  await database.migrate();
  process.stdout.write(JSON.stringify(await measure()));
} finally {
  await hasher.close();
  await database.close();
  await embedded?.close();
}

async function measure(): Promise<RefreshResult> {
  const accounts = await accountsOn(database, hasher);
  const username = `ada-${process.pid}-${Date.now()}`;
  await accounts.signUp({ username, password }, client);
  const sessions: Promise<string>[] = [];
  for (let session = 0; session < sessionCount; session += 1) {
    sessions.push(Promise.resolve(refreshTokenOf(await accounts.issueToken({ username, password }, client))));
  }

  let turn = 0;
  /** Each session's refreshes come one after the other, as they do from one browser. */
  function refreshNext(): Promise<string> {
    const index = turn++ % sessions.length;
    const before = sessions[index] ?? Promise.reject(new Error("There is no session."));
    const next = before.then(async (token) => refreshTokenOf(await accounts.sessions.refresh(token, client)));
    sessions[index] = next;
    return next;
  }

  await repeat(refreshNext, warmUpMs);
  const queriesBefore = database.queries();
  const { done, tookMs } = await repeat(refreshNext, forMs);
  return { perSecond: (done / tookMs) * 1000, statementsEach: (database.queries() - queriesBefore) / done };
}

async function repeat(work: () => Promise<unknown>, ms: number): Promise<{ done: number; tookMs: number }> {
  const startedAt = performance.now();
  let done = 0;
  const worker = async () => {
    while (performance.now() - startedAt < ms) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { done, tookMs: performance.now() - startedAt };
}
