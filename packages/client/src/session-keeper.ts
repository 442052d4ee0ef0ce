// The session of this page: its token, what the server says of it, and when it is renewed.
//
// Who signs out is decided here, and only so: the server says `invalid_grant` to a refresh of the very session that is
// current, and the access token is of no use either. Every other session begins a new epoch, and an answer that belongs to
// a former epoch is dropped; a renewed token of the same session does not.

import type { AuthErrorReason } from "@signet/auth/errors";
import type { Unreachable } from "./api-call.ts";
import type { AuthApi, IssuedToken, WhoamiAnswer } from "./auth-api.ts";
import { personOf, type SignedOutReason, samePerson, sameSession, type UnreachableProblem } from "./auth-state.ts";
import { createBackOff } from "./back-off.ts";
import type { ClientClock } from "./client-clock.ts";
import type { PageEvents } from "./page-events.ts";
import type { RefreshAttempts } from "./refresh-attempt.ts";
import type { RefreshLock } from "./refresh-lock.ts";
import { createRefreshSchedule } from "./refresh-schedule.ts";
import { createRefresher, type RefreshOutcome } from "./refresher.ts";
import type { ServerClock } from "./server-clock.ts";
import type { SessionApi, SignOutRequest } from "./session-api.ts";
import type { SignOuts } from "./sign-outs.ts";
import type { StateStore } from "./state-store.ts";
import type { HeldToken, StoredToken } from "./stored-token.ts";
import { decodeUnverified } from "./token-shape.ts";

export interface SessionKeeperOptions {
  api: AuthApi;
  sessionApi: SessionApi;
  stored: StoredToken;
  attempts: RefreshAttempts;
  signOuts: SignOuts;
  lock: RefreshLock;
  events: PageEvents;
  clock: ClientClock;
  serverClock: ServerClock;
  store: StateStore;
  random: () => number;
  /** The refresh token is in this page, not in a cookie. */
  withoutCookies: boolean;
  /** Another session has begun, here or in another tab. */
  onOtherSession: () => void;
  /** The server knows who is here. */
  onKnown: () => void;
  onSignedOut: () => Promise<void>;
}

export interface SessionKeeper {
  /** The token of this page. */
  held(): HeldToken | null;
  /** Begins with a token that was found. `trusted`: shown without asking the server. */
  begin(found: HeldToken, trusted: boolean): Promise<void>;
  /** Nobody is here. */
  beginWithNobody(reason: SignedOutReason): Promise<void>;
  /** A session that the server has just begun for this page; the one before is signed out. */
  take(issued: IssuedToken): Promise<void>;
  /** The session goes, here and in all tabs. @returns what proves it to the server, if there was one. */
  drop(): SignOutRequest | null;
  /** Another tab, or somebody's hand, may have changed what is stored. */
  followStorage(): Promise<void>;
  /** Asks the server who the token belongs to. */
  check(): Promise<void>;
  /** Asks the server whatever has to be asked; not while it wants to be left alone. */
  ask(): Promise<void>;
  /** The network is back, or so they say: asks now, whatever later time was planned. */
  resume(): Promise<void>;
  /** The device may have slept: how long ago the last refresh was is not known any more. */
  awake(): Promise<void>;
  /** Renews the token; one at a time, and whoever comes later shares it. `forRefusal`: it was refused, not only old. */
  refresh(forRefusal?: boolean): Promise<void>;
  renewing(): Pick<Renewal, "done" | "forRefusal"> | undefined;
  /** There is something to renew, and the last time is long enough ago. */
  mayRenew(): boolean;
  isBackingOff(): boolean;
  /** The token came because another one was refused, and the server has not accepted one since. */
  renewedInVain(): boolean;
  timeLeftMs(): number;
  /** How long ago the server last said who is here. */
  answerAgeMs(): number;
  /** The server refuses the token that is held. */
  isRefused(): boolean;
}

/** After the end that was told, so that the server surely agrees when it is asked. */
const afterExpiryMs = 1_000;
/** Where server and client do not agree about the time, ask seldom. */
const leastRecheckMs = 5_000;
/** A server that refuses what it has just issued is asked again seldom. */
const contradictionMs = 30_000;
interface Renewal {
  done: Promise<void>;
  abort: AbortController;
  /** The token was refused, not only old. */
  forRefusal: boolean;
}

export function createSessionKeeper(options: SessionKeeperOptions): SessionKeeper {
  const { api, stored, attempts, signOuts, events, clock, serverClock, store, random } = options;
  const checkBackOff = createBackOff(random);
  const schedule = createRefreshSchedule({ clock, serverClock, random, onDue: () => void refresh() });
  const refresher = createRefresher({
    lock: options.lock,
    attempts,
    api: options.sessionApi,
    isCurrent: (asked) => held === asked && stored.read().held?.token === asked.token,
    refreshToken: () => refreshToken,
    keep(answer) {
      const claims = decodeUnverified(answer.accessToken);
      if (claims === null) return;
      refreshToken = answer.refreshToken;
      const next = { token: answer.accessToken, claims };
      stored.write(next);
      hold(next);
      events.announce();
    },
  });

  let held: HeldToken | null = null;
  let epoch = 0;
  let refreshToken: string | undefined;
  let checking: { held: HeldToken; done: Promise<void> } | undefined;
  let renewal: Renewal | undefined;
  let answeredAtMs = Number.NEGATIVE_INFINITY;

  // Of this session:
  /** The server has said that it cannot be renewed, while its token was still good. */
  let unrenewable = false;
  /** Renewals since the server last accepted a token, each because one was refused: what keeps this from being a loop. */
  let renewedInVain = 0;
  let refusal: { held: HeldToken; reason: AuthErrorReason | undefined } | undefined;
  let lastProblem: UnreachableProblem = "network";

  let cancelCheck: () => void = nothing;
  let cancelEnd: () => void = nothing;

  // --- the token ---------------------------------------------------------------------------------------------------

  /** @param itsRefreshToken Only for clients without cookies, and only for a session that begins here. */
  function hold(next: HeldToken | null, itsRefreshToken?: string): void {
    const before = held;
    held = next;
    if (before !== null && next !== null && sameSession(before.claims, next.claims)) {
      schedule.succeeded();
      return;
    }
    epoch += 1;
    renewal?.abort.abort();
    renewal = undefined;
    checking = undefined;
    refreshToken = itsRefreshToken;
    unrenewable = options.withoutCookies && refreshToken === undefined;
    renewedInVain = 0;
    refusal = undefined;
    schedule.forgetSuccess();
    schedule.allow();
    cancelPlans();
    if (before !== null) attempts.finish(before.claims.sessionId);
  }

  function cancelPlans(): void {
    cancelCheck();
    schedule.cancel();
    cancelEnd();
  }

  /** Another token: of the same person it changes nothing to see, of anybody else all that was known is wrong. */
  async function adopt(next: HeldToken, itsRefreshToken?: string): Promise<void> {
    const before = held;
    const same = before !== null && sameSession(before.claims, next.claims);
    hold(next, itsRefreshToken);
    if (same) return showRenewed();
    options.onOtherSession();
    if (before !== null && !samePerson(before.claims, next.claims)) store.somebodyElse();
    return check();
  }

  async function followStorage(): Promise<void> {
    const { held: found } = stored.read();
    if (found?.token === held?.token) return;
    if (found !== null) return adopt(found);
    const expired = held !== null && timeLeftMs() === 0;
    hold(null);
    return signedOut(expired ? "expired" : "ended_elsewhere");
  }

  /** The token is of no use any more: it goes, and so does whatever was fetched with it. */
  async function leave(reason: SignedOutReason): Promise<void> {
    const { held: found } = stored.read();
    // Another tab may have signed in since: its token is not ours to remove.
    if (found !== null && found.token !== held?.token) return adopt(found);
    if (held !== null) signOuts.note(held.claims.sessionId, true);
    remove();
    return signedOut(reason);
  }

  function remove(): void {
    stored.remove();
    hold(null);
    events.announce();
  }

  async function signedOut(reason: SignedOutReason): Promise<void> {
    store.signedOut(reason);
    await options.onSignedOut();
  }

  // --- whoami ------------------------------------------------------------------------------------------------------

  function check(): Promise<void> {
    if (held === null) return Promise.resolve();
    if (checking?.held === held) return checking.done;
    cancelCheck();
    const asked = held;
    const askedIn = epoch;
    const done = api.whoami(asked.token).then((answer) => settle(answer, asked, askedIn));
    checking = { held: asked, done };
    return done;
  }

  async function settle(answer: WhoamiAnswer, asked: HeldToken, askedIn: number): Promise<void> {
    // A late answer, to a question about somebody who is no longer here.
    if (askedIn !== epoch || held === null) return;
    if (checking?.held === asked) checking = undefined;
    if (answer.kind === "known") {
      answeredAtMs = clock.monotonicMs();
      checkBackOff.reset();
      renewedInVain = 0;
      refusal = undefined;
      serverClock.observeGood(answer.user);
      options.onKnown();
      return signedIn(asked === held ? answer.user : { ...answer.user, ...timesOf(held) });
    }
    // About a token that has been renewed since.
    if (asked !== held) return check();
    if (answer.kind === "refused") return refused(held, answer.reason);
    planCheck(checkBackOff.nextMs(answer.retryAfterMs));
    store.unreachable(answer.problem);
  }

  /** An access token that is refused signs nobody out: it is renewed, once. */
  async function refused(token: HeldToken, reason: AuthErrorReason | undefined): Promise<void> {
    checkBackOff.reset();
    refusal = { held: token, reason };
    if (unrenewable) return leave(reasonOfRefusal(reason));
    // A session that was ended just now: the refresh will say so, and changes nothing if it does.
    const revoked = reason === "token_revoked";
    if (renewedInVain >= (revoked ? 2 : 1)) {
      planCheck(checkBackOff.nextMs(contradictionMs));
      planRefresh();
      return store.unreachable("server_error");
    }
    if (!revoked && schedule.gapLeftMs(token.claims) > 0) {
      planRefresh(0);
      return store.unreachable("server_error");
    }
    if (schedule.isBackingOff()) return store.unreachable(lastProblem);
    await refresh(true);
    await checking?.done;
  }

  function signedIn(user: Parameters<StateStore["signedIn"]>[0]): void {
    cancelPlans();
    store.signedIn(user);
    if (unrenewable) planCheck(Math.max(timeLeftMs() + afterExpiryMs, leastRecheckMs));
    else planRefresh();
    if (schedule.isBackingOff()) watchEnd();
  }

  function planCheck(ms: number): void {
    cancelCheck();
    cancelCheck = clock.after(ms, () => void check());
  }

  // --- refresh -----------------------------------------------------------------------------------------------------

  /** @param inMs Default: when the token is due. Never earlier than is allowed. */
  function planRefresh(inMs?: number): void {
    if (held === null || unrenewable) schedule.cancel();
    else schedule.plan(held.claims, inMs);
  }

  /** One at a time; whoever comes later shares it. */
  function refresh(forRefusal = false): Promise<void> {
    if (held === null || unrenewable) return Promise.resolve();
    renewal ??= beginRenewal(held);
    renewal.forRefusal ||= forRefusal;
    return renewal.done;
  }

  function beginRenewal(asked: HeldToken): Renewal {
    schedule.cancel();
    const abort = new AbortController();
    const mine: Renewal = { abort, forRefusal: false, done: Promise.resolve() };
    mine.done = refresher(asked, abort.signal).then((outcome) => {
      if (renewal === mine) renewal = undefined;
      return renewed(outcome, mine.forRefusal || refusal?.held === asked);
    });
    return mine;
  }

  async function renewed(outcome: RefreshOutcome, forRefusal: boolean): Promise<void> {
    switch (outcome.kind) {
      case "overtaken":
        return followStorage();
      case "renewed":
        if (forRefusal) renewedInVain += 1;
        return showRenewed(forRefusal);
      case "ended":
        return ended();
      case "unreachable":
        return notRenewed(outcome);
    }
  }

  /** Nobody changes: only times. Where the server had refused, or had never said who this is, it is asked. */
  async function showRenewed(inDoubt = false): Promise<void> {
    if (held === null) return;
    const person = personOf(store.get());
    if (person === null) return check();
    if (!inDoubt) return signedIn({ ...person, ...timesOf(held), scope: held.claims.scope });
    planRefresh();
    void check();
  }

  async function ended(): Promise<void> {
    if (held === null) return;
    if (refusal?.held === held) return leave(reasonOfRefusal(refusal.reason));
    if (timeLeftMs() === 0) return leave("expired");
    // A session without a refresh token lives as long as its access token. Is this one, or was it ended?
    unrenewable = true;
    return check();
  }

  /** Everything is kept. What can be seen changes only once the token is of no use any more. */
  function notRenewed({ problem, retryAfterMs }: Unreachable): void {
    lastProblem = problem;
    planRefresh(schedule.failed(retryAfterMs));
    const stillGood = store.get().status === "signed-in" && refusal?.held !== held && timeLeftMs() > 0;
    if (stillGood) watchEnd();
    else store.unreachable(problem);
  }

  function watchEnd(): void {
    cancelEnd();
    cancelEnd = clock.after(timeLeftMs(), () => store.unreachable(lastProblem));
  }

  /** Whatever has to be asked: for another token where this one is of no use, else whose this one is. */
  async function ask(): Promise<void> {
    const useless = held !== null && (refusal?.held === held || timeLeftMs() === 0);
    if (!useless || renewedInVain > 0 || !mayRenew()) return check();
    if (!schedule.isBackingOff()) return refresh(refusal?.held === held);
  }

  function mayRenew(): boolean {
    return held !== null && !unrenewable && schedule.gapLeftMs(held.claims) === 0;
  }

  function timeLeftMs(): number {
    return held === null ? 0 : serverClock.timeLeftMs(held.claims);
  }

  return {
    held: () => held,
    async begin(found, trusted) {
      hold(found);
      if (!trusted) return check();
      serverClock.observeGood(found.claims);
      return signedIn(found.claims);
    },
    beginWithNobody: signedOut,
    async take(issued) {
      const claims = decodeUnverified(issued.accessToken);
      if (claims === null) return;
      const former = held ?? stored.read().held;
      // Where the server has ended it already, its cookie goes.
      if (former !== null && former.claims.sessionId !== claims.sessionId) void signOuts.tell(proofOf(former));
      signOuts.forget(claims.sessionId);
      const next = { token: issued.accessToken, claims };
      stored.write(next);
      const done = adopt(next, issued.refreshToken);
      events.announce();
      return done;
    },
    drop() {
      const leaving = held ?? stored.read().held;
      const proof = leaving === null ? null : proofOf(leaving);
      // Before the token goes: from now on no late answer can bring it back.
      if (proof !== null) signOuts.note(proof.session, false);
      remove();
      void signedOut("signed_out");
      return proof;
    },
    followStorage,
    check,
    ask,
    async resume() {
      const waiting = schedule.isBackingOff();
      schedule.allow();
      if (store.get().status === "unreachable") return ask();
      if (waiting) return refresh();
    },
    async awake() {
      schedule.forgetSuccess();
      await followStorage();
      return check();
    },
    refresh,
    renewing: () => renewal,
    mayRenew,
    isBackingOff: schedule.isBackingOff,
    renewedInVain: () => renewedInVain > 0,
    timeLeftMs,
    answerAgeMs: () => clock.monotonicMs() - answeredAtMs,
    isRefused: () => refusal !== undefined && refusal.held === held,
  };

  function proofOf({ token, claims }: HeldToken): SignOutRequest {
    return { session: claims.sessionId, bearer: token, refreshToken };
  }
}

function timesOf({ claims }: HeldToken): { issuedAt: number; expiresAt: number } {
  return { issuedAt: claims.issuedAt, expiresAt: claims.expiresAt };
}

function reasonOfRefusal(reason: string | undefined): SignedOutReason {
  if (reason === "token_expired") return "expired";
  return reason === "token_revoked" ? "ended_elsewhere" : "refused";
}

function nothing(): void {}
