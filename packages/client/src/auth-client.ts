// Who is using this page, and how that changes: the seven steps of the beginning, signing in, signing out. Framework-free:
// React, or anything else, only shows its state. The session itself is kept and renewed by `session-keeper.ts`.

import { type AddressToken, addressTokenOfThisPage } from "./address-token.ts";
import { createApiCall } from "./api-call.ts";
import {
  type Credentials,
  createAuthApi,
  type Ended,
  type IssuedToken,
  type RefreshTokenPlace,
  type SessionInfo,
} from "./auth-api.ts";
import { AuthClientError } from "./auth-client-error.ts";
import type { AuthState, AuthUser } from "./auth-state.ts";
import { createBackOff } from "./back-off.ts";
import { createBearer } from "./bearer.ts";
import { type ClientClock, systemClientClock } from "./client-clock.ts";
import { type ClientStorage, createLocalStorage, createMemoryStorage, tokenKey } from "./client-storage.ts";
import { createEndWatch } from "./end-watch.ts";
import { createOfferedToken } from "./offered-token.ts";
import { createPageEvents, type PageEvents } from "./page-events.ts";
import { browserLocks, createPageLocks, type Locks } from "./page-locks.ts";
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

export interface AuthClientOptions {
  /** Origin of the API, such as `https://app.example`. The token is sent there and nowhere else. */
  baseUrl: string;
  /** Below which path it is mounted there, such as `/signet`. Default none. */
  basePath?: string;
  /** Other origins that may be given the token, such as a service of yours that verifies it. Default none. */
  bearerOrigins?: readonly string[];
  /**
   * Where the refresh token is. `cookie`: where no script sees it. `body`: in the memory of this page or process alone, for
   * clients without cookies. Default `cookie` in a browser, `body` elsewhere.
   */
  refreshToken?: RefreshTokenPlace;
  /** Default `localStorage` in a browser, memory elsewhere and for `refreshToken: "body"`. */
  storage?: ClientStorage;
  /** Default the global one. */
  fetch?: typeof fetch;
  /** Default the machine's. */
  clock?: ClientClock;
  /** Asks the server at the start whether it accepts the token that was found. Default true. */
  verifyOnLoad?: boolean;
  /** Takes a raw JWT from `?token=`. Default false: one that is there is removed from the address, and not used. */
  acceptTokenFromQuery?: boolean;
  /** Default this page's address bar. */
  addressToken?: AddressToken;
  /** Default this page's. */
  pageEvents?: PageEvents;
  /** Default the browser's Web Locks; without them each tab keeps to itself, and everything is still right. */
  locks?: Locks;
  /**
   * While the page is looked at, lets a request rest at the server, so that a session that was ended on another device is gone
   * here within a second and not at the next refresh. One tab does so for the browser. Default: where there are Web Locks.
   */
  watchForEnd?: boolean;
  /** For back-off and for spreading refreshes; from 0 to below 1. Default `Math.random`: nothing secret hangs on it. */
  random?: () => number;
}

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
  const store = createStateStore();
  const signOuts = createSignOuts({ storage, api: sessionApi, clock, random });
  // A refresh token that is in this page alone needs no turn among tabs.
  const locks = options.locks ?? (shared ? browserLocks() : undefined) ?? createPageLocks();
  const stored = createStoredToken(storage, signOuts, events);
  const lock = createRefreshLock(locks, clock);
  const offered = createOfferedToken({ api, store, clock, backOff: createBackOff(random) });
  const wakeUps = createWakeUpWatch(clock);

  /** Counts what people decided here or in another tab: signing in, signing out. */
  let decisions = 0;
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
    onOtherSession() {
      decisions += 1;
      offered.forget();
    },
    onKnown: offered.forget,
    onSignedOut: offered.consider,
  });
  const bearer = createBearer(keeper, store, clock);

  // Before a link, a fetch or a report can see it.
  address?.capture();

  // --- the seven steps -------------------------------------------------------------------------------------------

  async function begin(): Promise<void> {
    // 1. Is there a new token in the query string?
    const fromQuery = address?.take() ?? null;
    const askedFor = address?.takeExpectation() ?? false;
    const fresh = options.acceptTokenFromQuery === true ? heldFrom(fromQuery) : null;

    // 2. If so, take and store it: but never over somebody who is here already, and not unasked.
    const kept = stored.read();
    const taken = kept.held === null && askedFor ? fresh : null;
    if (taken !== null) stored.write(taken);
    else offered.offer(fresh?.token ?? null);

    // 3. Otherwise, look in storage.   4. Is it still good, as far as can be told here?
    const found = taken ?? kept.held;
    if (found === null) return keeper.beginWithNobody(kept.damaged ? "refused" : "never");
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

  async function enter(obtain: () => Promise<IssuedToken>): Promise<AuthUser> {
    beginOnce();
    const before = decisions;
    const issued = await obtain();
    if (before !== decisions) throw superseded(issued);
    await keeper.take(issued);
    return signedInUser();
  }

  function signedInUser(): AuthUser {
    const state = store.get();
    if (state.status === "signed-in") return state.user;
    if (state.status === "unreachable" && !keeper.isRefused()) {
      throw new AuthClientError("unreachable", "Signed in, but the server has stopped answering. It is asked again.");
    }
    throw new AuthClientError("token_invalid", "The server does not accept the token that it has just issued.");
  }

  /** Nobody wants this session any more: the server need not keep it either. */
  function superseded({ accessToken, refreshToken: inBody }: IssuedToken): AuthClientError {
    const claims = decodeUnverified(accessToken);
    if (claims !== null) {
      void signOuts.tell({ session: claims.sessionId, bearer: accessToken, refreshToken: inBody });
    }
    return new AuthClientError("superseded", "Somebody signed in or out here in the meantime. Try again.");
  }

  /** Here and in all tabs, at once. */
  function leave() {
    begun = true;
    decisions += 1;
    offered.forget();
    return keeper.drop();
  }

  const actions = createSessionActions({
    api,
    lock,
    authorization,
    renew,
    identity: () => store.get().identity,
    async replace(issued, decidedBefore) {
      if (decidedBefore !== decisions) throw superseded(issued);
      await keeper.take(issued);
      return signedInUser();
    },
    decisions: () => decisions,
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
    if (begun) void keeper.followStorage();
  }

  function onShown(restored: boolean): void {
    if (!begun) return;
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

  function renew(refusedToken: string): Promise<boolean> {
    beginOnce();
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

function originOf(text: string, option: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.origin !== text.replace(/\/$/, "")) {
    throw new TypeError(
      `createAuthClient: ${option} must be an origin such as "https://app.example"; found "${text}".`,
    );
  }
  return url.origin;
}
