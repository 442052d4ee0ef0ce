// Who is using this page: the seven steps of the beginning, and all parts put together. Framework-free: React, or anything
// else, only shows its state. The session itself is kept and renewed by `session-keeper.ts`.

import { addressTokenOfThisPage } from "./address-token.ts";
import { createApiCall } from "./api-call.ts";
import { type Credentials, createAuthApi, type Ended, type SessionInfo } from "./auth-api.ts";
import type { AuthClientError } from "./auth-client-error.ts";
import { type AuthClientOptions, originOf } from "./auth-client-options.ts";
import type { AuthState, AuthUser } from "./auth-state.ts";
import { createBackOff } from "./back-off.ts";
import { createBearer } from "./bearer.ts";
import { createBearerCall } from "./bearer-call.ts";
import { systemClientClock } from "./client-clock.ts";
import { createLocalStorage, createMemoryStorage, tokenKey } from "./client-storage.ts";
import { createEndWatch } from "./end-watch.ts";
import { createEntries } from "./entries.ts";
import { createHandOvers, handOverCodeFrom } from "./hand-over.ts";
import { createOfferedToken } from "./offered-token.ts";
import { createPageEvents } from "./page-events.ts";
import { browserLocks, createPageLocks } from "./page-locks.ts";
import { createPendingSignUps } from "./pending-sign-up.ts";
import { createProviderActions, type ProviderWay } from "./provider-actions.ts";
import { createRedemption } from "./redemption.ts";
import { createRefreshAttempts } from "./refresh-attempt.ts";
import { createRefreshLock } from "./refresh-lock.ts";
import { createServerClock } from "./server-clock.ts";
import { createSessionActions } from "./session-actions.ts";
import { createSessionApi } from "./session-api.ts";
import { createSessionKeeper } from "./session-keeper.ts";
import { createSignOuts } from "./sign-outs.ts";
import { createStateStore } from "./state-store.ts";
import { createStoredToken, heldFrom } from "./stored-token.ts";
import { decodeUnverified } from "./token-shape.ts";
import { createWakeUpWatch } from "./wake-up.ts";

export interface AuthClient {
  readonly baseUrl: string;
  readonly trpcUrl: string;
  /** Whether requests to this address may carry the token. */
  mayReceiveBearer(url: string): boolean;

  getState(): AuthState;
  /** @returns what unsubscribes. */
  subscribe(listener: () => void): () => void;
  /** Begins: finds a token, checks it, listens to other tabs. Repeating it is harmless. @returns what stops listening. */
  start(): () => void;

  /** @throws AuthClientError with the server's reason, `unreachable` or `superseded`. */
  signUp(credentials: Credentials): Promise<AuthUser>;
  /** @throws AuthClientError with the server's reason, `unreachable` or `superseded`. */
  signIn(credentials: Credentials): Promise<AuthUser>;
  /**
   * Signs out on this device, in all tabs, at once. The server is told; while it cannot be reached that is remembered and
   * repeated. @returns after the first try.
   */
  signOut(): Promise<void>;
  /** Own sessions, this one marked. @throws AuthClientError */
  listSessions(): Promise<SessionInfo[]>;
  /** Ends one of them; this one too. @throws AuthClientError when the server has not done it */
  endSession(sessionId: string): Promise<Ended>;
  /** Ends all but this one. @throws AuthClientError when the server has not done it */
  signOutOthers(): Promise<Ended>;
  /** Ends all of them, this one too. @throws AuthClientError when the server has not done it */
  signOutEverywhere(): Promise<Ended>;
  /**
   * Ends all sessions and begins a new one here. It is the same person: `identity` stays, and so does what was fetched.
   *
   * @throws AuthClientError `credentials_invalid` for a wrong current password, which signs nobody out
   */
  changePassword(currentPassword: string, newPassword: string): Promise<AuthUser>;
  /**
   * Sends the browser away, to sign in with a provider, and back to `returnTo` with a code. The page that begins there redeems
   * the code, if this tab asked for it within ten minutes, and signs in in the place of whoever was here; where it cannot, whoever
   * was here still is, or the state says `not_completed`. Where there is no account yet it says `pendingSignUp`.
   *
   * @param provider One of `auth.listProviders`.
   * @throws AuthClientError `unsupported` where this browser or page cannot do it; then it goes nowhere.
   */
  signInWith(provider: string, way?: ProviderWay): Promise<void>;
  /**
   * Why the code that came back to this page signed nobody in, for a page that shows whoever was here before and still is. Told once.
   *
   * @returns null where it did, or where none came. Its reason is one of the server's, such as `username_needed` (the account at the
   *   provider is nobody's here) or `code_invalid`; or `unreachable`.
   */
  signInProblem(): Promise<AuthClientError | null>;
  /**
   * Makes the account that `state.pendingSignUp` is about, and signs in.
   *
   * @throws AuthClientError `username_taken` and `input_invalid`, after which another name can be tried, or another reason of
   *   the server's; after `code_invalid` nothing is pending any more, and the sign-in begins anew. `unreachable`, `superseded`.
   */
  signUpWithProvider(username: string): Promise<AuthUser>;
  /** Answers `state.pendingSignUp`: no. */
  forgetPendingSignUp(): void;
  /**
   * As `signInWith`, to link what the provider says to the account of whoever is signed in. On the page that begins at
   * `returnTo`, `finishLink` completes it.
   *
   * @throws AuthClientError `token_missing` where nobody is signed in, `unsupported`; then it goes nowhere.
   */
  linkProvider(provider: string, way?: ProviderWay): Promise<void>;
  /**
   * Completes a link that came back to this page, once: two calls that meet share the answer.
   *
   * @returns the provider's label; null where nothing is to be completed.
   * @throws AuthClientError with the server's reason, such as `provider_account_taken`, `reauthentication_required` or
   *   `code_invalid`; `superseded` where somebody else is here than who asked; `unreachable`, and then it may be linked or not.
   */
  finishLink(): Promise<{ label: string } | null>;
  /** Asks the server now instead of at the next planned time. */
  retry(): Promise<void>;
  /** Answers `state.question`: continue as that person. */
  confirm(): Promise<void>;
  /** Answers `state.question`: no. */
  dismiss(): void;
  /** This tab is about to send the person to where a `?token=` will come from; without this the person is asked. */
  expectTokenFromQuery(): void;

  /** The token, once it is known whether there is one; null when nobody is signed in. Waits as `authorization` does. */
  getAccessToken(): Promise<string | null>;
  /**
   * The token, and the identity that it belongs to, once that is known. Where the token is over or about to end, waits for
   * the refresh, ten seconds at most; never while it is good.
   */
  authorization(): Promise<{ token: string | null; identity: number }>;
  /**
   * The API refused this token: renews it, at most once for any number of callers. Never throws, and always ends.
   *
   * @returns true when there is now another token of the same person to try again with; false when there is none.
   */
  renew(refusedToken: string): Promise<boolean>;
  /** How long the token is still good, as far as is known here; null when nobody is signed in. */
  timeLeftMs(): number | null;
}

/** A page that comes to the front asks again when the last answer is older than this. */
const freshAnswerMs = 30_000;

/** @throws TypeError for a `baseUrl` or `bearerOrigins` that is not an origin. */
export function createAuthClient(options: AuthClientOptions): AuthClient {
  const { clock = systemClientClock, random = Math.random } = options;
  const baseUrl = originOf(options.baseUrl, "baseUrl");
  const others = (options.bearerOrigins ?? []).map((url) => originOf(url, "bearerOrigins"));
  const bearerOrigins = new Set([baseUrl, ...others]);
  const apiUrl = baseUrl + (options.basePath ?? "");
  const trpcUrl = `${apiUrl}/api/trpc`;
  const inBrowser = typeof window !== "undefined";
  const refreshToken = options.refreshToken ?? (inBrowser ? "cookie" : "body");
  const shared = inBrowser && refreshToken === "cookie";
  const storage = options.storage ?? (shared ? createLocalStorage() : createMemoryStorage());
  const address = options.addressToken ?? addressTokenOfThisPage();
  const events = options.pageEvents ?? createPageEvents();
  const fetch: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));

  const serverClock = createServerClock(clock);
  const call = createApiCall({ fetch, clock, serverClock });
  const api = createAuthApi({ trpcUrl, refreshToken, call, serverClock });
  const sessionApi = createSessionApi({ apiUrl, refreshToken, call, serverClock });
  const tabStorage = () => options.tabStorage ?? (inBrowser ? window.sessionStorage : undefined);
  const handOvers = createHandOvers(tabStorage, clock);
  const signUps = createPendingSignUps({ handOvers, clock, onOver: onSignUpOver });
  const store = createStateStore(signUps.shown);
  const signOuts = createSignOuts({ storage, api: sessionApi, clock, random });
  // A refresh token that is in this page alone needs no turn among tabs.
  const locks = options.locks ?? (shared ? browserLocks() : undefined) ?? createPageLocks();
  const stored = createStoredToken(storage, signOuts, events);
  const lock = createRefreshLock(locks, clock);
  const offered = createOfferedToken({ api, store, clock, backOff: createBackOff(random) });
  const wakeUps = createWakeUpWatch(clock);

  let begun = false;
  let listening: { count: number; stop: () => void } | undefined;

  const keeper = createSessionKeeper({
    api,
    sessionApi,
    stored,
    attempts: createRefreshAttempts(storage),
    signOuts,
    lock,
    events,
    clock,
    serverClock,
    store,
    random,
    withoutCookies: refreshToken === "body",
    onOtherSession: () => entries.decide(),
    onKnown: offered.forget,
    onSignedOut: offered.consider,
  });
  const bearer = createBearer(keeper, store, clock);
  const entries = createEntries({
    keeper,
    signOuts,
    store,
    onDecision() {
      offered.forget();
      signUps.forget();
    },
  });

  let sessionAtBegin: string | null = null;
  const redemption = createRedemption({ api, entries, signUps, clock });
  store.subscribe(() => store.get().status === "signed-in" && signUps.forget());
  // Before a link, a fetch or a report can see it.
  address?.capture();

  // --- the seven steps -------------------------------------------------------------------------------------------

  async function begin(): Promise<void> {
    // 1. Is there something new in the query string? A code that this tab asked for signs in here and now.
    const fromQuery = address?.take() ?? null;
    const askedFor = address?.takeExpectation() ?? false;
    const redeemable = providers.arrive(handOverCodeFrom(fromQuery));
    if (redeemable !== null && (await redemption.redeem(redeemable))) return;
    const fresh = options.acceptTokenFromQuery === true ? heldFrom(fromQuery) : null;

    // 2. If it is a token, take and store it: but never over somebody who is here already, and not unasked.
    const kept = stored.read();
    const taken = kept.held === null && askedFor ? fresh : null;
    if (taken !== null) stored.write(taken);
    else offered.offer(fresh?.token ?? null);

    // 3. Otherwise, look in storage.   4. Is it still good, as far as can be told here?
    const found = taken ?? kept.held;
    sessionAtBegin = found?.claims.sessionId ?? null;
    if (found === null) {
      if (redeemable !== null && signUps.shown() === null) return keeper.beginWithNobody("not_completed");
      return keeper.beginWithNobody(kept.damaged ? "refused" : "never");
    }
    const seemsAlive = clock.dateMs() < found.claims.expiresAt * 1000;

    // 5. The backend verifies it. (The local date alone never decides that a token is over; and one that is over is
    //    renewed.)   6. The state goes to all components.
    return keeper.begin(found, options.verifyOnLoad === false && seemsAlive);
    // 7. Whoever needs to be signed in and is not is sent to the right page with a message: `signedOut` says why, and
    //    `RequireAuth` does it.
  }

  function beginOnce(): void {
    if (begun) return;
    begun = true;
    void begin();
    // Whoever signed out while the server was away.
    void signOuts.resume();
  }

  // --- signing in and out ------------------------------------------------------------------------------------------

  function enter(obtain: Parameters<typeof entries.enter>[0]): Promise<AuthUser> {
    beginOnce();
    return entries.enter(obtain);
  }

  /** Here and in all tabs, at once. */
  function leave() {
    begun = true;
    return entries.leave();
  }

  function onSignUpOver(): void {
    if (store.get().status === "signed-out") store.signedOut("not_completed");
  }

  const bearerCall = createBearerCall({ authorization, renew });
  const providers = createProviderActions({
    apiUrl,
    api,
    handOvers,
    pending: signUps,
    clock,
    navigate: options.navigate ?? ((url) => window.location.assign(url)),
    begin: beginOnce,
    call: bearerCall,
    enter,
    onSignUpOver,
  });
  const actions = createSessionActions({
    api,
    lock,
    authorization,
    call: bearerCall,
    identity: () => store.get().identity,
    replace: entries.replace,
    decisions: entries.decisions,
    leave() {
      // Ended already; told all the same, so that its cookie goes.
      const proof = leave();
      if (proof !== null) void signOuts.tell(proof);
    },
  });

  // --- the page ----------------------------------------------------------------------------------------------------

  const endWatch = createEndWatch({
    apiUrl,
    call,
    clock,
    random,
    locks,
    store,
    token: () => keeper.held()?.token ?? null,
    isShown: () => events.isShown?.() ?? true,
    check: keeper.check,
  });
  const watchForEnd = options.watchForEnd ?? (inBrowser && browserLocks() !== undefined);

  function followOtherTab(): void {
    storage.dropUnsaved?.(tokenKey);
    if (begun && redemption.underWay() === undefined) void keeper.followStorage();
  }

  function onShown(restored: boolean): void {
    if (!begun || redemption.underWay() !== undefined) return;
    // First, and at once: nobody sees a moment of somebody who has left.
    void keeper.followStorage();
    if (wakeUps.look()) void keeper.awake();
    else if (restored || keeper.answerAgeMs() > freshAnswerMs) void keeper.ask();
    endWatch.look();
  }

  function onOnline(): void {
    void signOuts.resume();
    void keeper.resume();
  }

  function listen(): () => void {
    const stopEvents = events.listen({ onStorageChanged: followOtherTab, onShown, onHidden: endWatch.look, onOnline });
    const stopWakeUps = wakeUps.start(() => void keeper.awake());
    const stopEndWatch = watchForEnd ? endWatch.start() : undefined;
    return () => {
      stopEvents();
      stopWakeUps();
      stopEndWatch?.();
    };
  }

  function start(): () => void {
    listening ??= { count: 0, stop: listen() };
    const mine = listening;
    mine.count += 1;
    beginOnce();
    let stopped = false;
    return () => {
      if (stopped) return;
      stopped = true;
      mine.count -= 1;
      if (mine.count > 0) return;
      mine.stop();
      listening = undefined;
    };
  }

  function authorization(): Promise<{ token: string | null; identity: number }> {
    beginOnce();
    return bearer.authorization();
  }

  async function renew(refusedToken: string): Promise<boolean> {
    beginOnce();
    await redemption.underWay();
    return bearer.renew(refusedToken);
  }

  return {
    baseUrl,
    trpcUrl,
    mayReceiveBearer: (url) => URL.canParse(url) && bearerOrigins.has(new URL(url).origin),
    getState: store.get,
    subscribe: store.subscribe,
    start,
    signUp: (credentials) => enter(() => api.signUp(credentials)),
    signIn: (credentials) => enter(() => api.issueToken(credentials)),
    async signOut() {
      const proof = leave();
      if (proof !== null) await signOuts.tell(proof);
    },
    ...actions,
    signInWith: providers.signInWith,
    signUpWithProvider: providers.signUpWithProvider,
    forgetPendingSignUp() {
      signUps.forget();
      store.showPendingSignUp();
    },
    linkProvider: providers.linkProvider,
    finishLink: providers.finishLink,
    async signInProblem() {
      const { token } = await authorization();
      const problem = await redemption.takeProblem();
      // Whoever has come since then knows how.
      return sessionAtBegin !== null && decodeUnverified(token)?.sessionId === sessionAtBegin ? problem : null;
    },
    async retry() {
      if (store.get().status === "unreachable") await keeper.resume();
    },
    async confirm() {
      const chosen = offered.chosen();
      if (chosen !== null) await enter(async () => ({ accessToken: chosen, refreshToken: undefined }));
    },
    dismiss: offered.forget,
    expectTokenFromQuery: () => address?.expect(),
    getAccessToken: async () => (await authorization()).token,
    authorization,
    renew,
    timeLeftMs: () => (store.get().status === "signed-in" ? keeper.timeLeftMs() : null),
  };
}
