// What the issuer does besides verifying: hashing passwords, and trading refresh tokens over a true PostgreSQL that waits for its disk.

import {
  type Accounts,
  createAccounts,
  createPasswordHasher,
  type IssuedToken,
  type PasswordHasher,
} from "@signet/accounts";
import { systemClock } from "@signet/auth/clock";
import { createKeyRing } from "@signet/auth/keys";
import { createAccessTokenSigner } from "@signet/auth/sign";
import { createMemorySigningKeyStore } from "@signet/auth/testing";
import { createDatabase, type Database } from "@signet/db";
import { startTestPostgres } from "@signet/db/testing";
import { printTable, repeated, takeTurns } from "./rounds.ts";

const issuer = "https://issuer.example";
const client = { device: null, address: null };
const password = "correct horse battery staple";
const daySeconds = 24 * 60 * 60;
const turnMs = 2_000;
const sessionCount = 200;
const inFlight = 20;

export async function measureSessions(rounds: number): Promise<void> {
  const oneThread = createPasswordHasher({ threads: 1 });
  // Sessions are what is measured here: cheap passwords begin them.
  const cheap = createPasswordHasher({ threads: 1, cost: { memoryKib: 64, passes: 1, lanes: 1 } });
  const postgres = await startTestPostgres({ durable: true });
  const database = createDatabase({ connectionString: postgres.connectionString });
  try {
    await database.migrate();
    const accounts = await accountsOn(database, cheap);
    const sessions = await signInOften(accounts);
    let turn = 0;
    const refreshNext = async () => {
      const index = turn++ % sessions.length;
      const waiting = sessions[index];
      // Each session's refreshes come one after the other, as they do from one browser.
      sessions[index] = (waiting ?? Promise.reject(new Error("no session"))).then(async (token) => {
        const { refresh } = await accounts.sessions.refresh(token, client);
        return tokenOf(refresh);
      });
      await sessions[index];
    };
    printTable(
      "The issuer, one process; PostgreSQL with fsync on the same machine",
      await takeTurns(
        [
          { name: "hash a password, one thread", turn: repeated(turnMs, () => oneThread.hash(password), 2) },
          { name: `refresh, ${inFlight} at once`, turn: repeated(turnMs, refreshNext, inFlight) },
        ],
        rounds,
      ),
    );
  } finally {
    await oneThread.close();
    await cheap.close();
    await database.close();
    await postgres.stop();
  }
}

async function accountsOn({ accounts: store }: Database, hasher: PasswordHasher): Promise<Accounts> {
  const secrets = [Buffer.from(crypto.getRandomValues(new Uint8Array(48))).toString("base64url")];
  const keys = createKeyRing({
    algorithm: "ES256",
    secrets,
    store: createMemorySigningKeyStore(systemClock),
    clock: systemClock,
  });
  await keys.load();
  return createAccounts({
    store,
    signer: createAccessTokenSigner({ issuer, audience: [issuer], keys, clock: systemClock, ttlSeconds: 300 }),
    hasher,
    clock: systemClock,
    secrets,
    passwordMinLength: 15,
    sessionMaxSeconds: 30 * daySeconds,
    sessionIdleSeconds: 7 * daySeconds,
  });
}

async function signInOften(accounts: Accounts): Promise<Promise<string>[]> {
  const credentials = { username: "ada", password };
  await accounts.signUp(credentials, client);
  const tokens: Promise<string>[] = [];
  for (let session = 0; session < sessionCount; session += 1) {
    const { refresh } = await accounts.issueToken(credentials, client, { refreshable: true });
    tokens.push(Promise.resolve(tokenOf(refresh)));
  }
  return tokens;
}

function tokenOf(refresh: IssuedToken["refresh"]): string {
  if (refresh === null) throw new Error("There is no refresh token.");
  return refresh.token;
}
