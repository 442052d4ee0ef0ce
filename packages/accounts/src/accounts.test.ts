import { randomBytes } from "node:crypto";
import { AuthError } from "@signet/auth/errors";
import type { AccessTokenGrant, AccessTokenSigner } from "@signet/auth/sign";
import { beforeEach, describe, expect, it } from "vitest";
import { type Accounts, createAccounts } from "./accounts.ts";
import type { Budgets } from "./budgets.ts";
import { createMemoryAccountStore } from "./memory-account-store.ts";
import type { PasswordHasher } from "./password-hasher.ts";

const password = "correct horse battery staple";
const client = { device: "Firefox on Linux", address: "192.0.2.7" };
const startMs = Date.UTC(2026, 10, 23);

/** Hashes that are quick, and that tell which work was done. */
function createCountingHasher() {
  const state = { cost: "cost1", work: [] as string[] };
  const hasher: PasswordHasher = {
    async hash(text) {
      state.work.push(`hash ${state.cost}`);
      return `${state.cost}:${text}`;
    },
    async verify(phc, text) {
      const cost = phc.slice(0, phc.indexOf(":"));
      state.work.push(`verify ${cost}`);
      return phc === `${cost}:${text}`;
    },
    needsRehash: (phc) => !phc.startsWith(`${state.cost}:`),
    close: async () => undefined,
  };
  return Object.assign(state, { hasher });
}

function createRecordingSigner() {
  const grants: AccessTokenGrant[] = [];
  const signer: Pick<AccessTokenSigner, "sign"> = {
    async sign(grant) {
      grants.push(grant);
      const iat = grant.issuedAt ?? 0;
      const claims = {
        iss: "http://localhost:3000",
        sub: grant.subject,
        aud: "http://localhost:3000",
        exp: iat + 290,
        iat,
        jti: "jti",
        sid: grant.sessionId,
        client_id: "signet" as const,
        scope: grant.scope.join(" "),
        auth_time: grant.authTime,
        amr: [...grant.amr],
        preferred_username: grant.username,
      };
      return { accessToken: `token ${grants.length}`, claims };
    },
  };
  return { grants, signer };
}

const secrets = [randomBytes(32).toString("base64url")];

let nowMs: number;
let counting: ReturnType<typeof createCountingHasher>;
let recording: ReturnType<typeof createRecordingSigner>;
let store: ReturnType<typeof createMemoryAccountStore>;
let accounts: Accounts;

function build(budgets?: Budgets): Accounts {
  return createAccounts({
    store,
    signer: recording.signer,
    hasher: counting.hasher,
    clock: () => nowMs,
    passwordMinLength: 15,
    secrets,
    sessionMaxSeconds: 3_600,
    sessionIdleSeconds: 600,
    ...(budgets === undefined ? {} : { budgets }),
  });
}

async function refusalOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AuthError)) throw new Error("expected a refusal", { cause: error });
  const { reason, message, claim, problem, retryAfterSeconds } = error;
  return { reason, message, claim, problem, retryAfterSeconds };
}

beforeEach(() => {
  nowMs = startMs;
  counting = createCountingHasher();
  recording = createRecordingSigner();
  store = createMemoryAccountStore(() => nowMs);
  accounts = build();
  counting.work.length = 0;
});

describe("sign-up (REF-16, CLM-12)", () => {
  it("makes the account and answers as a sign-in does", async () => {
    const issued = await accounts.signUp({ username: "Alice ", password }, client);
    const user = await store.findByUsername("alice");
    expect(issued).toEqual({
      accessToken: "token 1",
      tokenType: "Bearer",
      expiresIn: 290,
      expiresAt: startMs / 1000 + 290,
      sessionId: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      deviceMark: { name: expect.any(String), mark: expect.any(String) },
      refresh: { token: expect.stringMatching(/^[A-Za-z0-9_-]{71}$/), maxAgeSeconds: 600 },
    });
    expect(recording.grants).toEqual([
      {
        subject: user?.id,
        sessionId: issued.sessionId,
        username: "alice",
        scope: [],
        authTime: startMs / 1000,
        amr: ["pwd"],
        issuedAt: startMs / 1000,
        sessionSecondsLeft: 3_600,
      },
    ]);
  });

  it("gives an opaque random id that tells nothing of the name", async () => {
    await accounts.signUp({ username: "alice", password }, client);
    expect((await store.findByUsername("alice"))?.id).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  it("refuses another spelling of a name that is taken, without hashing", async () => {
    await accounts.signUp({ username: "alice@example.org", password }, client);
    counting.work.length = 0;
    const refusal = await refusalOf(accounts.signUp({ username: "ALICE＠example.org", password }, client));
    expect(refusal).toMatchObject({ reason: "username_taken", claim: "username" });
    expect(counting.work).toEqual([]);
  });

  it("of two who take one name at the same moment, lets one have it and tells the other", async () => {
    const outcomes = await Promise.allSettled([
      accounts.signUp({ username: "alice", password }, client),
      accounts.signUp({ username: "Alice", password }, client),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { reason: "username_taken" },
    });
  });

  it("refuses bad names and bad passwords before hashing, with the problem told", async () => {
    expect(await refusalOf(accounts.signUp({ username: "a b", password }, client))).toMatchObject({
      reason: "input_invalid",
      claim: "username",
    });
    expect(await refusalOf(accounts.signUp({ username: "bob", password: "short" }, client))).toMatchObject({
      reason: "password_unacceptable",
      problem: "too_short",
    });
    expect(counting.work).toEqual([]);
  });
});

describe("sign-in (PWD-05, REF-16)", () => {
  beforeEach(async () => {
    await accounts.signUp({ username: "alice", password }, client);
    counting.work.length = 0;
  });

  it("makes a new session each time, with an id of its own", async () => {
    const issued = await Promise.all(
      Array.from({ length: 50 }, () => accounts.issueToken({ username: "ALICE", password }, client)),
    );
    expect(new Set(issued.map(({ sessionId }) => sessionId)).size).toBe(50);
  });

  it("takes no session id, subject or scope from the caller", async () => {
    const wanted = { username: "alice", password, sessionId: "mine", sid: "mine", id: "mine", scope: ["admin"] };
    const withId = { ...client, sessionId: "mine" };
    const issued = await accounts.issueToken(wanted, withId);
    expect(issued.sessionId).not.toBe("mine");
    expect(recording.grants.at(-1)).toMatchObject({ scope: [], subject: (await store.findByUsername("alice"))?.id });
  });

  it("gives unknown user, wrong password, disabled user and impossible name the very same answer", async () => {
    await accounts.signUp({ username: "mallory", password }, client);
    await store.disableUser((await store.findByUsername("mallory"))?.id ?? "");
    const refusals = await Promise.all([
      refusalOf(accounts.issueToken({ username: "alice", password: "wrong password" }, client)),
      refusalOf(accounts.issueToken({ username: "nobody", password }, client)),
      refusalOf(accounts.issueToken({ username: "mallory", password }, client)),
      refusalOf(accounts.issueToken({ username: "no name: at all", password }, client)),
      refusalOf(accounts.issueToken({ username: "x".repeat(10_000), password }, client)),
    ]);
    expect(refusals[0]).toMatchObject({ reason: "credentials_invalid" });
    for (const refusal of refusals) expect(refusal).toEqual(refusals[0]);
  });

  it("asks for no session for a disabled user, whose password is right", async () => {
    await store.disableUser((await store.findByUsername("alice"))?.id ?? "");
    store.createSession = () => Promise.reject(new Error("asked for a session"));
    expect(await refusalOf(accounts.issueToken({ username: "alice", password }, client))).toMatchObject({
      reason: "credentials_invalid",
    });
    expect(counting.work).toEqual(["verify cost1"]);
  });

  it.each([
    ["a wrong password", "alice", "wrong password"],
    ["an unknown user", "nobody", password],
    ["a name that cannot be one", "no name: at all", password],
  ])("does exactly one verification at today's cost for %s", async (_, username, tried) => {
    await refusalOf(accounts.issueToken({ username, password: tried }, client));
    expect(counting.work).toEqual(["verify cost1"]);
  });

  it("refuses the password of the decoy as well: an unknown user never signs in", async () => {
    const open = { ...counting.hasher, verify: async () => true };
    const careless = createAccounts({
      store,
      signer: recording.signer,
      hasher: open,
      clock: () => nowMs,
      passwordMinLength: 15,
      secrets,
      sessionMaxSeconds: 60,
      sessionIdleSeconds: 60,
    });
    expect(await refusalOf(careless.issueToken({ username: "nobody", password }, client))).toMatchObject({
      reason: "credentials_invalid",
    });
  });

  it.each([
    ["a megabyte", "x".repeat(1_000_000)],
    ["1,025 bytes", "é".repeat(513)],
    ["a lone surrogate", "correct horse \ud800"],
    ["NUL", "correct\0horse"],
    ["nothing", ""],
  ])("refuses %s as a password before any hashing, whoever the user is", async (_, tried) => {
    const [known, unknown] = [
      await refusalOf(accounts.issueToken({ username: "alice", password: tried }, client)),
      await refusalOf(accounts.issueToken({ username: "nobody", password: tried }, client)),
    ];
    expect(known).toMatchObject({ reason: "input_invalid", claim: "password" });
    expect(unknown).toEqual(known);
    expect(counting.work).toEqual([]);
  });

  it("refuses when the password changes, or the user is disabled, while it hashes", async () => {
    const user = await store.findByUsername("alice");
    const { verify } = counting.hasher;
    const during = [
      () =>
        store.changePassword(
          { id: user?.id ?? "", passwordVersion: 1, passwordHash: "cost1:another" },
          { id: "another session", device: null, address: null, amr: "pwd" as const, maxAgeSeconds: 60, refresh: null },
        ),
      () => store.disableUser(user?.id ?? ""),
    ];
    for (const change of during) {
      counting.hasher.verify = async (phc, text) => {
        const matches = await verify(phc, text);
        await change();
        return matches;
      };
      expect(await refusalOf(accounts.issueToken({ username: "alice", password }, client))).toMatchObject({
        reason: "credentials_invalid",
      });
    }
    expect(recording.grants).toHaveLength(1);
  });

  it("cuts what a device says of itself to 200 characters", async () => {
    let device: string | null | undefined;
    const { createSession } = store;
    store.createSession = (userId, version, session) => {
      ({ device } = session);
      return createSession(userId, version, session);
    };
    await accounts.issueToken({ username: "alice", password }, { device: "x".repeat(5_000), address: null });
    expect(device).toHaveLength(200);
  });
});

describe("when the cost of hashes has changed (PWD-04)", () => {
  beforeEach(async () => {
    await accounts.signUp({ username: "alice", password }, client);
    counting.cost = "cost2";
    counting.work.length = 0;
  });

  it("brings the stored hash up to date after a successful sign-in, once, and leaves sessions alone", async () => {
    await accounts.issueToken({ username: "alice", password }, client);
    expect(counting.work).toEqual(["verify cost1", "hash cost2"]);
    expect(await store.findByUsername("alice")).toMatchObject({
      passwordHash: `cost2:${password}`,
      passwordVersion: 1,
    });
    counting.work.length = 0;
    await accounts.issueToken({ username: "alice", password }, client);
    expect(counting.work).toEqual(["verify cost2"]);
  });

  it("leaves it after a wrong password", async () => {
    await refusalOf(accounts.issueToken({ username: "alice", password: "wrong password" }, client));
    expect(counting.work).toEqual(["verify cost1"]);
  });

  it("signs in although there is no room to hash again", async () => {
    counting.hasher.hash = async () => Promise.reject(new AuthError("busy", "full"));
    expect(await accounts.issueToken({ username: "alice", password }, client)).toMatchObject({ tokenType: "Bearer" });
  });
});

describe("budgets (PWD-10)", () => {
  it("are charged before any hashing, for the name and the address", async () => {
    const charges: unknown[] = [];
    accounts = build({
      charge: async (attempt) => {
        charges.push([attempt, [...counting.work]]);
        return { giveBack: async () => undefined };
      },
    });
    counting.work.length = 0;
    await accounts.signUp({ username: "Alice", password }, client);
    counting.work.length = 0;
    await accounts.issueToken({ username: "Alice", password }, client);
    counting.work.length = 0;
    await refusalOf(accounts.issueToken({ username: "no name: at all", password }, client));
    expect(charges).toEqual([
      [{ operation: "sign_up", address: "192.0.2.7" }, []],
      [{ operation: "sign_in", username: "alice", address: "192.0.2.7" }, []],
      [{ operation: "sign_in", username: null, address: "192.0.2.7" }, []],
    ]);
  });

  it("end the request when they are used up, before the store or the hasher is asked", async () => {
    const limited = new AuthError("rate_limited", "later", { retryAfterSeconds: 30 });
    accounts = build({ charge: () => Promise.reject(limited) });
    counting.work.length = 0;
    store.findByUsername = () => Promise.reject(new Error("asked"));
    await expect(accounts.issueToken({ username: "alice", password }, client)).rejects.toBe(limited);
    await expect(accounts.signUp({ username: "alice", password }, client)).rejects.toBe(limited);
    expect(counting.work).toEqual([]);
  });

  it("get back what was no guess: a sign-in, a busy server, storage that is gone; and keep a wrong password", async () => {
    const given: string[] = [];
    const giveBack = async () => void given.push("back");
    accounts = build({ charge: async () => ({ giveBack }) });
    await accounts.signUp({ username: "alice", password }, client);
    const signIn = (text: string) => accounts.issueToken({ username: "alice", password: text }, client);
    expect(given).toEqual([]);
    await signIn(password);
    expect(given).toEqual(["back"]);
    await refusalOf(signIn("a wrong password, all of it"));
    expect(given).toEqual(["back"]);
    counting.hasher.verify = () => Promise.reject(new AuthError("busy", "later"));
    await refusalOf(signIn(password));
    counting.hasher.verify = () => Promise.reject(new AuthError("storage_unavailable", "later"));
    await refusalOf(signIn(password));
    expect(given).toEqual(["back", "back", "back"]);
  });

  it("that cannot take a charge back do not undo a sign-in", async () => {
    const giveBack = () => Promise.reject(new AuthError("storage_unavailable", "later"));
    accounts = build({ charge: async () => ({ giveBack }) });
    await accounts.signUp({ username: "alice", password }, client);
    expect(await accounts.issueToken({ username: "alice", password }, client)).toMatchObject({ tokenType: "Bearer" });
  });
});

describe("faults", () => {
  it("passes on that storage or the queue is not available, never as wrong credentials", async () => {
    const down = new AuthError("storage_unavailable", "later");
    store.findByUsername = () => Promise.reject(down);
    await expect(accounts.issueToken({ username: "alice", password }, client)).rejects.toBe(down);
    const full = new AuthError("busy", "later");
    counting.hasher.verify = () => Promise.reject(full);
    await expect(accounts.issueToken({ username: "not a name", password }, client)).rejects.toBe(full);
  });

  it("makes the decoy later when there was no room at the start", async () => {
    const { hash } = counting.hasher;
    counting.hasher.hash = () => Promise.reject(new AuthError("busy", "full"));
    accounts = build();
    counting.hasher.hash = hash;
    expect(await refusalOf(accounts.issueToken({ username: "nobody", password }, client))).toMatchObject({
      reason: "credentials_invalid",
    });
  });

  it("refuses settings out of range when it is built", () => {
    const options = { store, secrets, signer: recording.signer, hasher: counting.hasher, clock: () => nowMs };
    expect(() =>
      createAccounts({ ...options, passwordMinLength: 7, sessionMaxSeconds: 60, sessionIdleSeconds: 60 }),
    ).toThrow(TypeError);
    expect(() =>
      createAccounts({ ...options, passwordMinLength: 15, sessionMaxSeconds: 0, sessionIdleSeconds: 60 }),
    ).toThrow(TypeError);
  });
});
