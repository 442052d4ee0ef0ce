// How often somebody may try. Charged before any hashing, one charge for each operation; what was no guess is given back.
//
// A stranger's sign-in is charged to where it comes from and to the account it is for; where one of them has no room, to none. A device
// that this account has signed in on has a budget of its own instead, so that strangers who use up the account's lock nobody out of the
// devices they have.

import { createHmac } from "node:crypto";
import type { Clock } from "@signet/auth/clock";
import { AuthError } from "@signet/auth/errors";
import { deriveBytes } from "@signet/auth/keys";
import { createMemoryCounterStore } from "./memory-counter-store.ts";
import { networksOf } from "./networks.ts";
import { createRefusals } from "./refusals.ts";
import type { Counter, CounterStore } from "./stores.ts";

/** What is tried, and on whom it counts. */
export type Attempt =
  /** `username` normalised, `null` for text that is no name; `deviceId` of a device that is known to the account. */
  | { operation: "sign_in"; username: string | null; address: string | null; deviceId?: string | undefined }
  | { operation: "sign_up"; address: string | null }
  /** An answer that a browser brings from a provider: to see whether it is good, the provider is asked. */
  | { operation: "provider_sign_in"; address: string | null }
  /** A hand-over code. */
  | { operation: "redeem"; address: string | null }
  /** By session: a thief with somebody's token uses up what is the thief's, and the owner can still change it elsewhere. */
  | { operation: "change_password"; sessionId: string }
  | { operation: "refresh"; sessionId: string }
  /** What somebody who is signed in asks the database. By session: a thief's token uses up none of the owner's other ones. */
  | { operation: "account_call"; sessionId: string }
  /** What a token is good for, by another service. */
  | { operation: "ask_about_token"; clientId: string };

export interface Budgets {
  /**
   * Counts an attempt before it is made. Of any number at once, over all replicas, no more than the limit get through.
   *
   * @throws AuthError `rate_limited` with `retryAfterSeconds` | `storage_unavailable`: without its store nobody signs in
   */
  charge(attempt: Attempt): Promise<Charge>;
}

export interface Charge {
  /** For an attempt that guessed nothing: it succeeded, or was not made. @throws AuthError `storage_unavailable` */
  giveBack(): Promise<void>;
}

/** How many attempts that fail; those that succeed are given back. */
export interface BudgetLimits {
  /** In a quarter of an hour, by devices that the account does not know; and by each one that it does. */
  signInsPerAccount: number;
  /** In a quarter of an hour, over all accounts; by password, by provider and by hand-over code as many each. */
  signInsPerAddress: number;
  /** In an hour, failures or not. */
  signUpsPerAddress: number;
}

export interface BudgetsOptions {
  /** Shared by all replicas. */
  counters: CounterStore;
  /** Keys are made with it, so that nobody reads from the table what was typed as a name. */
  secret: string;
  limits: BudgetLimits;
  clock: Clock;
}

const quarterHour = 15 * 60;
const hour = 60 * 60;
const day = 24 * hour;
/** NIST SP 800-63B-4 §3.2.2: an account is guessed at a hundred times at most, then it is closed to strangers for the day. */
const guessesPerAccountAndDay = 100;
/** A /48 may hold many households. */
const wideFactor = 4;
/** One each second, and all tabs of a browser at once now and then. */
const refreshesPerSession = 300;
const refreshWindow = 5 * 60;
/** A hundred a second: services that ask more often should verify. */
const questionsPerClient = 6_000;
const questionWindow = 60;
/** More than all pages of a person ask. */
const callsPerSession = 240;
const callWindow = 60;

/** Only sessions and clients that exist are counted there, and each replica may count for itself: that costs no statement. */
const countedInEachProcess: ReadonlySet<Attempt["operation"]> = new Set(["refresh", "account_call", "ask_about_token"]);

/** Gives the counter of somebody, or of somewhere. */
type Limit = (text: string) => Counter;

export function createBudgets({ counters: sharedCounters, secret, limits, clock }: BudgetsOptions): Budgets {
  const { signInsPerAccount, signInsPerAddress, signUpsPerAddress } = limits;
  const macOf = createMac(secret);
  const limit =
    (name: string, most: number, windowSeconds: number): Limit =>
    (text) => ({ key: `${name}:${macOf(text)}`, most, windowSeconds });
  const near = limit("sign_in/near", signInsPerAddress, quarterHour);
  const wide = limit("sign_in/wide", signInsPerAddress * wideFactor, quarterHour);
  const account = limit("sign_in/account", signInsPerAccount, quarterHour);
  const accountDay = limit("sign_in/account/day", guessesPerAccountAndDay, day);
  const device = limit("sign_in/device", signInsPerAccount, quarterHour);
  const deviceDay = limit("sign_in/device/day", guessesPerAccountAndDay, day);
  const providerNear = limit("provider_sign_in/near", signInsPerAddress, quarterHour);
  const providerWide = limit("provider_sign_in/wide", signInsPerAddress * wideFactor, quarterHour);
  const redeemNear = limit("redeem/near", signInsPerAddress, quarterHour);
  const redeemWide = limit("redeem/wide", signInsPerAddress * wideFactor, quarterHour);
  const signUpNear = limit("sign_up/near", signUpsPerAddress, hour);
  const signUpWide = limit("sign_up/wide", signUpsPerAddress * wideFactor, hour);
  const change = limit("change_password", signInsPerAccount, quarterHour);
  const changeDay = limit("change_password/day", guessesPerAccountAndDay, day);
  const refresh = limit("refresh", refreshesPerSession, refreshWindow);
  const call = limit("account_call", callsPerSession, callWindow);
  const question = limit("ask_about_token", questionsPerClient, questionWindow);

  const ownCounters = createMemoryCounterStore();
  const refusals = createRefusals(clock);

  function countersOf(attempt: Attempt): Counter[] {
    switch (attempt.operation) {
      case "sign_in": {
        const { username, address, deviceId } = attempt;
        if (deviceId !== undefined) return [device(deviceId), deviceDay(deviceId)];
        const networks = ofNetworks(address, near, wide);
        return username === null ? networks : [...networks, account(username), accountDay(username)];
      }
      case "sign_up":
        return ofNetworks(attempt.address, signUpNear, signUpWide);
      case "provider_sign_in":
        return ofNetworks(attempt.address, providerNear, providerWide);
      case "redeem":
        return ofNetworks(attempt.address, redeemNear, redeemWide);
      case "change_password":
        return [change(attempt.sessionId), changeDay(attempt.sessionId)];
      case "refresh":
        return [refresh(attempt.sessionId)];
      case "account_call":
        return [call(attempt.sessionId)];
      case "ask_about_token":
        return [question(attempt.clientId)];
    }
  }

  return {
    async charge(attempt) {
      const counters = countersOf(attempt);
      const store = countedInEachProcess.has(attempt.operation) ? ownCounters : sharedCounters;
      for (const { key } of counters) {
        const seconds = refusals.secondsLeft(key);
        if (seconds !== undefined) throw rateLimited(seconds);
      }
      const { counted, full } = await store.count(counters);
      // The first says when to come again, as it does from memory. In those after it may still be what others, who were refused by the
      // first at this moment, have not taken back.
      const [first] = full;
      if (first !== undefined) throw rateLimited(refusals.remember(first));

      let given = false;
      return {
        async giveBack() {
          // What comes after an answer may fail, too: a second time gives nothing, as it would be room for a guess that nobody has.
          if (given) return;
          given = true;
          await store.takeBack(counted);
          for (const { key } of counted) refusals.forget(key);
        },
      };
    },
  };
}

function ofNetworks(address: string | null, near: Limit, wide: Limit): Counter[] {
  const networks = networksOf(address);
  return networks.wide === undefined ? [near(networks.near)] : [near(networks.near), wide(networks.wide)];
}

function createMac(secret: string): (text: string) => string {
  const key = deriveBytes({ secret, label: "signet/1/budgets", length: 32 });
  return (text) => createHmac("sha256", key).update(text).digest("base64url");
}

function rateLimited(seconds: number): AuthError {
  return new AuthError(
    "rate_limited",
    `There were too many attempts. Please wait ${inWords(seconds)}, then try again.`,
    {
      retryAfterSeconds: seconds,
    },
  );
}

function inWords(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (minutes === 1) return "a minute";
  return minutes <= 90 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}
