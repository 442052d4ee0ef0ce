import { randomBytes } from "node:crypto";
import { createKeyRing } from "@signet/auth/keys";
import { createAccessTokenSigner } from "@signet/auth/sign";
import { fixedClock } from "@signet/auth/testing";
import { createAccessTokenVerifier } from "@signet/auth/verify";
import { createDatabase } from "@signet/db";
import { createTestDatabase } from "@signet/db/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accountsOn, createTestApi, issuer, type TestApi } from "./test-api.ts";

let database: ReturnType<typeof createDatabase>;
let drop: () => Promise<void>;
let api: TestApi;

beforeAll(async () => {
  const fresh = await createTestDatabase();
  drop = fresh.drop;
  database = createDatabase(fresh);
  await database.migrate();
  const clock = fixedClock(Date.now());
  const secret = randomBytes(48).toString("base64url");
  const keys = createKeyRing({
    algorithm: "ES256",
    secrets: [secret],
    store: database.signingKeys,
    clock,
  });
  await keys.load();
  const signer = createAccessTokenSigner({ issuer, audience: [issuer], keys, clock, ttlSeconds: 300 });
  api = await createTestApi({
    accounts: accountsOn(database.accounts, signer, clock, secret),
    verifier: createAccessTokenVerifier({ issuer, audience: issuer, algorithms: ["ES256"], keys, clock, cache: false }),
  });
});

afterAll(async () => {
  await database.close();
  await drop();
});

describe("a token says who is calling", () => {
  test("with no database query at all, for whoami as for a protected route (RS-01)", async () => {
    const beforeSignUp = database.queries();
    const { accessToken } = await api.signUp();
    const beforeCalls = database.queries();
    expect(beforeCalls).toBeGreaterThan(beforeSignUp);

    for (let i = 0; i < 50; i += 1) {
      expect((await api.query("auth.whoami", api.bearer(accessToken))).status).toBe(200);
      expect((await api.fetch("/api/protected", { headers: api.bearer(accessToken) })).status).toBe(200);
    }
    expect(database.queries()).toBe(beforeCalls);
  });

  test("and tokens with made-up keys cause one look at the key table, not one each (KEY-08)", async () => {
    const before = database.queries();
    for (let i = 0; i < 50; i += 1) {
      const header = Buffer.from(JSON.stringify({ alg: "ES256", typ: "at+jwt", kid: `made-up-${i}` })).toString(
        "base64url",
      );
      const answer = await api.query("auth.whoami", api.bearer(`${header}.e30.${"A".repeat(86)}`));
      expect(answer.status).toBe(401);
    }
    // The keys and the clock are read together, in at most two statements.
    expect(database.queries() - before).toBeLessThanOrEqual(2);
  });
});
