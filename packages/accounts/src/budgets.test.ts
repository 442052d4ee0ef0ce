// Who may try how often: on accounts with a hasher that counts what reaches it, and a clock that is set by hand.

import { randomBytes } from "node:crypto";
import { AuthError } from "@signet/auth/errors";
import { createAccessTokenSigner } from "@signet/auth/sign";
import { throwAwayKey } from "@signet/auth/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Accounts, createAccounts } from "./accounts.ts";
import { type Budgets, createBudgets } from "./budgets.ts";
import { createMemoryAccountStore } from "./memory-account-store.ts";
import { createMemoryCounterStore } from "./memory-counter-store.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import type { IssuedToken } from "./session-start.ts";
import type { CounterStore } from "./stores.ts";

const password = "correct horse battery staple";
const wrong = "incorrect horse battery staple";
const minute = 60_000;
const hour = 60 * minute;
const clock = () => Date.now();
const { signing } = await throwAwayKey("ES256");

let hashed: string[];
let seenKeys: string[];
let accounts: Accounts;
let budgets: Budgets;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 23), toFake: ["Date", "setTimeout", "clearTimeout"] });
  hashed = [];
  seenKeys = [];
  const hasher: PasswordHasher = {
    hash: async (text) => `plain:${text}`,
    verify: async (hash, text) => {
      hashed.push(text);
      return hash === `plain:${text}`;
    },
    needsRehash: () => false,
    close: async () => undefined,
  };
  const secret = randomBytes(32).toString("base64url");
  const counters = createMemoryCounterStore();
  budgets = createBudgets({
    counters: {
      ...counters,
      count(counted) {
        seenKeys.push(...counted.map(({ key }) => key));
        return counters.count(counted);
      },
    },
    secret,
    limits: { signInsPerAccount: 5, signInsPerAddress: 20, signUpsPerAddress: 3 },
    clock,
  });
  accounts = createAccounts({
    store: createMemoryAccountStore(clock),
    signer: createAccessTokenSigner({
      issuer: "https://signet.test",
      audience: ["https://signet.test"],
      keys: { signingKey: () => signing },
      clock,
      ttlSeconds: 300,
    }),
    hasher,
    budgets,
    clock,
    secrets: [secret],
    passwordMinLength: 15,
    sessionMaxSeconds: 400 * 24 * 3_600,
    sessionIdleSeconds: 400 * 24 * 3_600,
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTime(ms);
const from = (address: string) => ({ device: null, address });
const addressOf = (number: number) => `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
const signUp = (username: string, address = "192.0.2.200") => accounts.signUp({ username, password }, from(address));
const signIn = (username: string, text: string, address = "192.0.2.7", device?: IssuedToken) =>
  accounts.issueToken({ username, password: text }, from(address), { deviceMarks: marksOf(device) });

function marksOf(device: IssuedToken | undefined): ReadonlyMap<string, string> {
  return new Map(device?.deviceMark === undefined ? [] : [[device.deviceMark.name, device.deviceMark.mark]]);
}

async function reasonOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return "ok";
  } catch (error) {
    if (error instanceof AuthError) return error.reason;
    throw error;
  }
}

function count(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

describe("guessing at an account (PWD-06, PWD-08)", () => {
  it("200 guesses at once: as many as the limit reach the hash, the others are told when to come again", async () => {
    await signUp("alice");
    const guesses = Array.from({ length: 200 }, (_, number) =>
      signIn("alice", `${wrong} ${number}`, addressOf(number)),
    );
    expect(count(await Promise.all(guesses.map(reasonOf)))).toEqual({ credentials_invalid: 5, rate_limited: 195 });
    expect(hashed).toHaveLength(5);
    await expect(signIn("alice", password, addressOf(999))).rejects.toMatchObject({
      reason: "rate_limited",
      message: "There were too many attempts. Please wait 15 minutes, then try again.",
      retryAfterSeconds: 900,
    });
  });

  it("by a thousand strangers does not keep the owner from a device that they have signed in on", async () => {
    await signUp("alice");
    const device = await signIn("alice", password);
    for (let number = 0; number < 1_000; number += 1) await reasonOf(signIn("alice", wrong, addressOf(number)));
    expect(await reasonOf(signIn("alice", password, "192.0.2.99"))).toBe("rate_limited");
    expect(await reasonOf(signIn("alice", password, "192.0.2.99", device))).toBe("ok");
  });

  it("on a known device has a budget, too, and leaves the account's alone", async () => {
    await signUp("alice");
    const device = await signIn("alice", password);
    const guesses = Array.from({ length: 8 }, () => reasonOf(signIn("alice", wrong, "192.0.2.7", device)));
    expect(count(await Promise.all(guesses))).toEqual({ credentials_invalid: 5, rate_limited: 3 });
    expect(await reasonOf(signIn("alice", password, "192.0.2.8"))).toBe("ok");
  });

  it("with the mark of another account, or of before the password was changed, is a stranger's", async () => {
    const [bob] = [await signUp("bob")];
    const alice = await signUp("alice");
    const claims = await claimsOf(alice);
    for (let guess = 0; guess < 5; guess += 1) await reasonOf(signIn("alice", wrong, "192.0.2.7", bob));
    expect(await reasonOf(signIn("alice", password, "192.0.2.7", bob))).toBe("rate_limited");
    await accounts.changePassword(
      claims,
      { currentPassword: password, newPassword: `${password}, changed` },
      from("192.0.2.7"),
    );
    expect(await reasonOf(signIn("alice", `${password}, changed`, "192.0.2.7", alice))).toBe("rate_limited");
  });

  it("goes on after a quarter of an hour, a hundred times a day at most", async () => {
    await signUp("alice");
    for (let quarter = 0; quarter < 24 * 4 - 1; quarter += 1) {
      for (let guess = 0; guess < 6; guess += 1) await reasonOf(signIn("alice", wrong, addressOf(quarter)));
      pass(15 * minute);
    }
    expect(hashed).toHaveLength(100);
    await expect(signIn("alice", password)).rejects.toMatchObject({ reason: "rate_limited" });
    pass(15 * minute);
    expect(await reasonOf(signIn("alice", password))).toBe("ok");
  });

  it("who signs in has used nothing up", async () => {
    await signUp("alice");
    for (let time = 0; time < 50; time += 1) expect(await reasonOf(signIn("alice", password))).toBe("ok");
  });

  it("who signs in many times at once is not shut out for those that found no room", async () => {
    await signUp("alice");
    for (let round = 0; round < 3; round += 1) {
      const all = await Promise.all(Array.from({ length: 40 }, () => reasonOf(signIn("alice", password))));
      expect(count(all)).toEqual({ ok: 5, rate_limited: 35 });
      expect(await reasonOf(signIn("alice", password))).toBe("ok");
    }
  });

  it("an address does not pay for an account that has no room: its others sign in", async () => {
    await signUp("alice");
    await signUp("bob", "192.0.2.201");
    for (let guess = 0; guess < 100; guess += 1) await reasonOf(signIn("alice", wrong));
    expect(hashed).toHaveLength(5);
    expect(await reasonOf(signIn("bob", password))).toBe("ok");
  });

  it("a flood at an account that has no room asks no counter", async () => {
    await signUp("alice");
    for (let guess = 0; guess < 7; guess += 1) await reasonOf(signIn("alice", wrong));
    seenKeys.length = 0;
    for (let guess = 0; guess < 100; guess += 1) await reasonOf(signIn("alice", wrong, addressOf(guess)));
    expect(seenKeys).toEqual([]);
  });

  it("says the same the second time, from memory: in how many seconds there is room on the first that has none", async () => {
    await signUp("alice");
    for (let quarter = 0; quarter < 20; quarter += 1) {
      for (let guess = 0; guess < 5; guess += 1) await reasonOf(signIn("alice", wrong, addressOf(quarter)));
      if (quarter < 19) pass(15 * minute);
    }
    for (let time = 0; time < 2; time += 1)
      await expect(signIn("alice", wrong)).rejects.toMatchObject({ retryAfterSeconds: 900 });
    pass(15 * minute);
    for (let time = 0; time < 2; time += 1)
      await expect(signIn("alice", wrong)).rejects.toMatchObject({ retryAfterSeconds: 86_400 - 20 * 900 });
  });

  it("an unknown name is counted and refused as a known one (PWD-05)", async () => {
    await signUp("alice");
    const refusals = async (username: string) => {
      const seen: unknown[] = [];
      for (let guess = 0; guess < 7; guess += 1) {
        const { reason, message, retryAfterSeconds } = await signIn(username, wrong, addressOf(guess)).then(
          () => new AuthError("not_found", "no refusal"),
          (error: AuthError) => error,
        );
        seen.push({ reason, message, retryAfterSeconds });
      }
      return seen;
    };
    expect(await refusals("nobody")).toEqual(await refusals("alice"));
  });
});

describe("guessing from an address (PWD-07)", () => {
  it("one password on ten thousand accounts: as many as the limit reach the hash", async () => {
    for (let number = 0; number < 10_000; number += 1) await reasonOf(signIn(`user-${number}`, wrong));
    expect(hashed).toHaveLength(20);
  });

  it("an address in another spelling, or another one of the same /64, is no other", async () => {
    const spellings = ["2001:db8:1:2::1", "2001:0DB8:1:2:0:0:0:1", "2001:db8:1:2:ffff::", "2001:db8:1:2:3:4:5:6%eth0"];
    for (let number = 0; number < 40; number += 1)
      await reasonOf(signIn(`user-${number}`, wrong, spellings[number % 4]));
    expect(hashed).toHaveLength(20);
  });

  it("a whole /48 has four times the room of one /64", async () => {
    for (let number = 0; number < 200; number += 1)
      await reasonOf(signIn(`user-${number}`, wrong, `2001:db8:1:${number.toString(16)}::1`));
    expect(hashed).toHaveLength(80);
  });

  it("an office of three hundred signs in at nine o'clock", async () => {
    for (let number = 0; number < 300; number += 1) await signUp(`user-${number}`, addressOf(number));
    for (let number = 0; number < 300; number += 1)
      expect(await reasonOf(signIn(`user-${number}`, password))).toBe("ok");
  });

  it("what is given back twice is given back once", async () => {
    const attempt = { operation: "sign_in", username: null, address: "192.0.2.7" } as const;
    const charge = await budgets.charge(attempt);
    await charge.giveBack();
    await charge.giveBack();
    for (let time = 0; time < 20; time += 1) await budgets.charge(attempt);
    expect(await reasonOf(budgets.charge(attempt))).toBe("rate_limited");
  });

  it("text that can be no name counts, too", async () => {
    for (let number = 0; number < 30; number += 1) await reasonOf(signIn(`no name: ${number}`, wrong));
    expect(hashed).toHaveLength(20);
  });
});

describe("other operations have budgets of their own", () => {
  it("signing up: so many an hour from one address, names that are taken among them", async () => {
    await signUp("alice");
    expect(await reasonOf(signUp("alice"))).toBe("username_taken");
    expect(await reasonOf(signUp("bob"))).toBe("ok");
    await expect(signUp("carol")).rejects.toMatchObject({ reason: "rate_limited", retryAfterSeconds: 3_600 });
    expect(await reasonOf(signIn("bob", password, "192.0.2.200"))).toBe("ok");
    pass(hour);
    expect(await reasonOf(signUp("carol"))).toBe("ok");
  });

  it("changing the password: guesses at the current one, by session, so that a thief's are not the owner's", async () => {
    const stolen = await claimsOf(await signUp("alice"));
    const own = await claimsOf(await signIn("alice", password));
    const change = (claims: { sub: string; sid: string }, currentPassword: string) =>
      accounts.changePassword(claims, { currentPassword, newPassword: `${password}, changed` }, from("192.0.2.7"));
    const guesses = Array.from({ length: 9 }, () => reasonOf(change(stolen, wrong)));
    expect(count(await Promise.all(guesses))).toEqual({ credentials_invalid: 5, rate_limited: 4 });
    expect(await reasonOf(change(stolen, password))).toBe("rate_limited");
    expect(await reasonOf(change(own, password))).toBe("ok");
  });

  it("refreshing: by session, so that an office behind one address never stalls", async () => {
    const refreshOften = async (issued: IssuedToken, times: number) => {
      let token = issued.refresh?.token ?? "";
      for (let time = 0; time < times; time += 1) {
        token = (await accounts.sessions.refresh(token, from("192.0.2.7"))).refresh?.token ?? "";
      }
      return token;
    };
    const alice = await refreshOften(await signUp("alice"), 300);
    await expect(accounts.sessions.refresh(alice, from("192.0.2.7"))).rejects.toMatchObject({ reason: "rate_limited" });
    await refreshOften(await signUp("bob"), 20);
    pass(5 * minute);
    expect(await reasonOf(accounts.sessions.refresh(alice, from("192.0.2.7")))).toBe("ok");
  });

  it("asking the database about one's account: by session, so that a thief's token uses up no other's", async () => {
    const ask = (sessionId: string) => reasonOf(budgets.charge({ operation: "account_call", sessionId }));
    for (let time = 0; time < 240; time += 1) expect(await ask("stolen")).toBe("ok");
    expect(await ask("stolen")).toBe("rate_limited");
    expect(await ask("own")).toBe("ok");
    pass(minute);
    expect(await ask("stolen")).toBe("ok");
  });

  it("asking about tokens: by service, a hundred times a second", async () => {
    const ask = (clientId: string) => reasonOf(budgets.charge({ operation: "ask_about_token", clientId }));
    for (let time = 0; time < 6_000; time += 1) await ask("notes");
    expect(await ask("notes")).toBe("rate_limited");
    expect(await ask("mail")).toBe("ok");
    pass(minute);
    expect(await ask("notes")).toBe("ok");
  });

  it("a token that is not genuine uses up no session's", async () => {
    const { refresh } = await signUp("alice");
    const token = refresh?.token ?? "";
    const bent = token.slice(0, -4) + (token.endsWith("AAAA") ? "BBBB" : "AAAA");
    for (let time = 0; time < 400; time += 1) await reasonOf(accounts.sessions.refresh(bent, from("192.0.2.7")));
    expect(await reasonOf(accounts.sessions.refresh(token, from("192.0.2.7")))).toBe("ok");
  });
});

it("what was typed as a name, and where from, is not what is stored", async () => {
  await reasonOf(signIn("my-secret-password", wrong, "192.0.2.7"));
  expect(seenKeys).toHaveLength(3);
  for (const key of seenKeys) expect(key).toMatch(/^sign_in\/(?:near|account|account\/day):[\w-]{43}$/);
});

it("in a second process the same text has the same key, by the same secret alone", async () => {
  const keysWith = async (secret: string) => {
    const keys: string[] = [];
    const sharedCounters: CounterStore = {
      count: async (counters) => (keys.push(...counters.map(({ key }) => key)), { counted: [], full: [] }),
      takeBack: async () => undefined,
    };
    const limits = { signInsPerAccount: 5, signInsPerAddress: 20, signUpsPerAddress: 3 };
    await createBudgets({ counters: sharedCounters, secret, limits, clock }).charge({
      operation: "sign_in",
      username: "alice",
      address: "192.0.2.7",
    });
    return keys;
  };
  const secret = randomBytes(32).toString("base64url");
  expect(await keysWith(secret)).toEqual(await keysWith(secret));
  expect(await keysWith(randomBytes(32).toString("base64url"))).not.toEqual(await keysWith(secret));
});

async function claimsOf(issued: IssuedToken): Promise<{ sub: string; sid: string }> {
  const { userId = "", sessionId = "" } = (await sessionOf(issued)) ?? {};
  return { sub: userId, sid: sessionId };
}

async function sessionOf({ refresh }: IssuedToken) {
  return accounts.sessions.inspectRefreshToken(refresh?.token ?? "");
}
