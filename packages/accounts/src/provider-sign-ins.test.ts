// Sign-ins with a provider as budgets, the audit log and an operator see them. What they prove is tested over HTTP, in api.

import { createHash, randomBytes } from "node:crypto";
import { createAccessTokenSigner } from "@signet/auth/sign";
import { throwAwayKey } from "@signet/auth/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { type Accounts, createAccounts } from "./accounts.ts";
import type { AuditEvent } from "./audit-events.ts";
import { createBudgets } from "./budgets.ts";
import { createMemoryAccountStore } from "./memory-account-store.ts";
import { createMemoryCounterStore } from "./memory-counter-store.ts";
import { type IdentityProvider, ProviderError } from "./oidc/identity-provider.ts";
import type { ProviderSignInProblem } from "./provider-sign-ins.ts";

const client = { device: "Firefox on Linux", address: "192.0.2.7" };
const nowMs = Date.UTC(2026, 10, 24);
const clock = () => nowMs;
const { signing } = await throwAwayKey("ES256");
const issuer = "https://id.test";

let asked: number;
let events: AuditEvent[];
let problems: ProviderSignInProblem[];
let accounts: Accounts;

/** Asked how often a code is good, and says so of those that name somebody. */
const provider: IdentityProvider = {
  name: "example",
  label: "Example",
  issuer,
  authorizationUrl: async () => new URL(issuer),
  async identify(answer) {
    asked += 1;
    const code = answer.get("code") ?? "";
    if (code === "") throw new ProviderError("cancelled", "The person said no.");
    if (code === "broken") throw new TypeError("A mistake of ours.");
    if (code.startsWith("bad")) throw new ProviderError("refused", "It does not hold.");
    return { issuer, subject: code };
  },
};

beforeEach(() => {
  asked = 0;
  events = [];
  problems = [];
  const secret = randomBytes(32).toString("base64url");
  accounts = createAccounts({
    store: createMemoryAccountStore(clock),
    signer: createAccessTokenSigner({
      issuer: "https://signet.test",
      audience: ["https://signet.test"],
      keys: { signingKey: () => signing },
      clock,
      ttlSeconds: 300,
    }),
    hasher: {
      hash: async (text) => text,
      verify: async (hash, text) => hash === text,
      needsRehash: () => false,
      close: async () => undefined,
    },
    providers: [provider],
    budgets: createBudgets({
      counters: createMemoryCounterStore(),
      secret,
      limits: { signInsPerAccount: 5, signInsPerAddress: 5, signUpsPerAddress: 3 },
      clock,
    }),
    clock,
    secrets: [secret],
    passwordMinLength: 15,
    sessionMaxSeconds: 3_600,
    sessionIdleSeconds: 3_600,
    audit: { record: (event) => void events.push(event) },
    onProviderProblem: (problem) => void problems.push(problem),
  });
});

const challengeOf = (verifier: string) => createHash("sha256").update(verifier).digest("base64url");

/** Away and back. */
async function bring(query: string, from = client) {
  const verifier = randomBytes(32).toString("base64url");
  const begun = await accounts.providers.begin("example", { challenge: challengeOf(verifier), returnPath: "/" }, from);
  if ("problem" in begun) throw new Error(begun.problem);
  const { id, value } = begun.kept;
  const answer = new URLSearchParams(`${query}&state=${id}`);
  return { verifier, ...(await accounts.providers.complete("example", answer, new Map([[id, value]]), from)) };
}

async function codeFor(name: string) {
  const { verifier, ...completed } = await bring(`code=${name}`);
  if (!("code" in completed)) throw new Error(completed.problem);
  return { code: completed.code, verifier };
}

const reasonOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => "ok",
    (error: { reason: string }) => error.reason,
  );

async function signUp(name: string) {
  const presented = await codeFor(name);
  expect(await reasonOf(accounts.redeem(presented, client))).toBe("username_needed");
  return { presented, issued: await accounts.signUpWithProvider({ ...presented, username: name }, client) };
}

describe("budgets of a sign-in with a provider", () => {
  it("answers that do not hold: as many from one address as the limit are asked about", async () => {
    const found = [];
    for (let attempt = 0; attempt < 8; attempt += 1) found.push(await bring("code=bad"));
    expect(asked).toBe(5);
    expect(found.map((one) => "problem" in one && one.problem)).toEqual([
      ...Array.from({ length: 5 }, () => "refused"),
      ...Array.from({ length: 3 }, () => "rate_limited"),
    ]);
    expect(await bring("code=ada", { ...client, address: "198.51.100.1" })).toHaveProperty("code");
  });

  it("answers that hold, and those of who says no, use nothing up", async () => {
    for (let attempt = 0; attempt < 12; attempt += 1)
      await bring(attempt % 2 === 0 ? "code=ada" : "error=access_denied");
    expect(asked).toBe(12);
  });

  it("codes that are none: as many from one address as the limit are looked up", async () => {
    const guess = () => accounts.redeem({ code: "x".repeat(43), verifier: "y".repeat(43) }, client);
    const found = [];
    for (let attempt = 0; attempt < 7; attempt += 1) found.push(await reasonOf(guess()));
    expect(found).toEqual([...Array.from({ length: 5 }, () => "code_invalid"), "rate_limited", "rate_limited"]);
  });

  it("codes to link that are none count as those to sign in with do", async () => {
    const { issued } = await signUp("ada");
    const [{ userId } = {}] = events;
    const caller = { sub: userId ?? "", sid: issued.sessionId, auth_time: nowMs / 1000 };
    const guess = () =>
      accounts.methods.link(caller, { code: "x".repeat(43), verifier: "y".repeat(43) }, client.address);
    const found = [];
    for (let attempt = 0; attempt < 6; attempt += 1) found.push(await reasonOf(guess()));
    expect(found).toEqual([...Array.from({ length: 5 }, () => "code_invalid"), "rate_limited"]);
    expect(await reasonOf(accounts.redeem(await codeFor("ada"), client))).toBe("rate_limited");
  });

  it("first passwords: so many hashes of one session, whatever comes of them", async () => {
    const { issued } = await signUp("ada");
    const [{ userId } = {}] = events;
    const caller = { sub: userId ?? "", sid: issued.sessionId, auth_time: nowMs / 1000 };
    await accounts.sessions.end(caller.sub, caller.sid);
    const found = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      found.push(await reasonOf(accounts.methods.setPassword(caller, "correct horse battery staple")));
    }
    expect(new Set(found)).toEqual(new Set(["token_revoked", "rate_limited"]));
    expect(found.at(-1)).toBe("rate_limited");
  });

  it("codes that are good use nothing up, and signing up counts as signing up does", async () => {
    await signUp("ada");
    for (let attempt = 0; attempt < 8; attempt += 1) {
      expect(await reasonOf(accounts.redeem(await codeFor("ada"), client))).toBe("ok");
    }
    await signUp("bob");
    await signUp("carol");
    const presented = await codeFor("dan");
    await reasonOf(accounts.redeem(presented, client));
    expect(await reasonOf(accounts.signUpWithProvider({ ...presented, username: "dan" }, client))).toBe("rate_limited");
  });
});

describe("what is written down of it (PWD-17)", () => {
  it("who came in by which provider, and what was linked, unlinked and set", async () => {
    const { issued } = await signUp("ada");
    const { sessionId } = issued;
    const [{ userId } = {}] = events;
    const caller = { sub: userId ?? "", sid: sessionId, auth_time: nowMs / 1000 };
    await accounts.methods.setPassword(caller, "correct horse battery staple");
    await accounts.methods.unlink(caller, issuer);
    await accounts.methods.link(caller, await codeFor("ada"), client.address);
    await accounts.redeem(await codeFor("ada"), client);
    expect(events.map(({ kind, detail, userId: whose }) => [kind, detail, whose === userId])).toEqual([
      ["sign_up", { issuer }, true],
      ["password_set", undefined, true],
      ["provider_unlinked", { issuer, ended: 0 }, true],
      ["provider_linked", { issuer }, true],
      ["sign_in", { issuer }, true],
    ]);
  });

  it("a code that came twice, with what it ended; and what came to nothing", async () => {
    const { presented, issued } = await signUp("ada");
    events.length = 0;
    await reasonOf(accounts.redeem(presented, client));
    await bring("code=bad");
    expect(events.map(({ kind, sessionId, detail }) => ({ kind, sessionId, detail }))).toEqual([
      { kind: "code_reused", sessionId: issued.sessionId, detail: { ended: 1 } },
      { kind: "sign_in_failed", sessionId: undefined, detail: { reason: "code_invalid" } },
      { kind: "sign_in_failed", sessionId: undefined, detail: { provider: "example", problem: "refused" } },
    ]);
    expect(JSON.stringify(events)).not.toContain(presented.code);
  });

  it("an operator is told the provider, what was wrong with it, and where it was tried from", async () => {
    await bring("code=bad");
    expect(problems).toEqual([
      {
        provider: "example",
        problem: "refused",
        client,
        error: expect.objectContaining({ message: "It does not hold." }),
      },
    ]);
  });
});

describe("a sign-in with a provider", () => {
  it("throws what is a mistake of ours, and charges nobody for it", async () => {
    for (let attempt = 0; attempt < 6; attempt += 1) await expect(bring("code=broken")).rejects.toThrow(TypeError);
    expect(await bring("code=ada")).toHaveProperty("code");
  });
});
