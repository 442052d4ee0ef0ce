// Who is using this page, and the token that says so. Framework-free: React, or anything else, only shows its state.
//
// Every change of the token begins a new epoch, and an answer that belongs to a former epoch is dropped: whatever was
// asked for one person is never shown to another. A renewed token, once there are such, is a new token of the same
// person: `adopt` and `check` are the two places to know about it.

import { type AddressToken, addressTokenOfThisPage } from "./address-token.ts";
import { type AuthApi, type Credentials, createAuthApi, type WhoamiAnswer } from "./auth-api.ts";
import { AuthClientError } from "./auth-client-error.ts";
import {
  type AuthState,
  type AuthUser,
  loadingState,
  personOf,
  type SignedOutReason,
  samePerson,
} from "./auth-state.ts";
import { createBackOff } from "./back-off.ts";
import { type ClientClock, systemClientClock } from "./client-clock.ts";
import { createPageEvents, type PageEvents } from "./page-events.ts";
import { createServerClock } from "./server-clock.ts";
import { decodeUnverified } from "./token-shape.ts";
import { createLocalStorage, createMemoryStorage, type TokenStorage } from "./token-storage.ts";

export interface AuthClientOptions {
  /** Origin of the API, such as `https://app.example`. The token is sent there and nowhere else. */
  baseUrl: string;
  /** Where tRPC is mounted there. Default `/api/trpc`. */
  trpcPath?: string;
  /** Other origins that may be given the token, such as a service of yours that verifies it. Default none. */
  bearerOrigins?: readonly string[];
  /** Default `localStorage` in a browser, memory elsewhere. */
  storage?: TokenStorage;
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
  /** For back-off; from 0 to below 1. Default `Math.random`: nothing secret hangs on it. */
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
  /** Forgets the token on this device, in all tabs. */
  signOut(): Promise<void>;
  /** Asks the server now instead of at the next planned time. */
  retry(): Promise<void>;
  /** Answers `state.question`: continue as that person. */
  confirm(): Promise<void>;
  /** Answers `state.question`: no. */
  dismiss(): void;
  /** This tab is about to send the person to where a `?token=` will come from; without this the person is asked. */
  expectTokenFromQuery(): void;

  /** The token, once it is known whether there is one; null when nobody is signed in. */
  getAccessToken(): Promise<string | null>;
  /** As `getAccessToken`, with the identity that it belongs to. */
  authorization(): Promise<{ token: string | null; identity: number }>;
  /** The API refused this token: finds out what that means for the state. */
  reportRefusal(token: string): Promise<void>;
  /** How long the token is still good, as far as is known here; null when nobody is signed in. */
  timeLeftMs(): number | null;
}

/** After the end that was told, so that the server surely agrees when it is asked. */
const afterExpiryMs = 1_000;
/** Where server and client do not agree about the time, ask seldom. */
const leastRecheckMs = 5_000;
/** A page that comes to the front asks again when the last answer is older than this. */
const freshAnswerMs = 30_000;

/** @throws TypeError for a `baseUrl` or `bearerOrigins` that is not an origin. */
export function createAuthClient(options: AuthClientOptions): AuthClient {
  const clock = options.clock ?? systemClientClock;
  const baseUrl = originOf(options.baseUrl, "baseUrl");
  const others = (options.bearerOrigins ?? []).map((url) => originOf(url, "bearerOrigins"));
  const bearerOrigins = new Set([baseUrl, ...others]);
  const trpcUrl = baseUrl + (options.trpcPath ?? "/api/trpc");
  const storage = options.storage ?? (typeof window === "undefined" ? createMemoryStorage() : createLocalStorage());
  const address = options.addressToken ?? addressTokenOfThisPage();
  const events = options.pageEvents ?? createPageEvents();
  const backOff = createBackOff(options.random ?? Math.random);
  const serverClock = createServerClock(clock);
  const fetch: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const api: AuthApi = createAuthApi({ trpcUrl, fetch, clock, serverClock });

  const listeners = new Set<() => void>();
  let state: AuthState = loadingState;
  let epoch = 0;
  let token: string | null = null;
  /** Of a token in the address that nobody here asked for, or that waits until it is known who is here. */
  let offered: string | null = null;
  let cancelPlanned: () => void = nothing;
  /** Counts what people decided here or in another tab: signing in, signing out. */
  let decisions = 0;
  let checking: { epoch: number; done: Promise<void> } | undefined;
  let answeredAtMs = Number.NEGATIVE_INFINITY;
  let begun = false;
  let listening: { count: number; stop: () => void } | undefined;

  // Before a link, a fetch or a report can see it.
  address?.capture();

  // --- the seven steps -------------------------------------------------------------------------------------------

  async function begin(): Promise<void> {
    // 1. Is there a new token in the query string?
    const fromQuery = address?.take() ?? null;
    const askedFor = address?.takeExpectation() ?? false;
    const fresh = options.acceptTokenFromQuery === true && decodeUnverified(fromQuery) !== null ? fromQuery : null;

    // 2. If so, take and store it: but never over somebody who is here already, and not unasked.
    const stored = readStored();
    const taken = stored.token === null && askedFor ? fresh : null;
    if (taken !== null) storage.write(taken);
    else offered = fresh;

    // 3. Otherwise, look in storage.   4. Is it still good, as far as can be told here?
    const found = taken ?? stored.token;
    if (found === null) return signedOut(stored.damaged ? "refused" : "never");
    changeToken(found);
    const claims = decodeUnverified(found);
    const seemsAlive = claims !== null && clock.dateMs() < claims.expiresAt * 1000;

    // 5. The backend verifies it. (The local date alone never decides that a token is over.)
    if (options.verifyOnLoad !== false || !seemsAlive) return check();

    // 6. The state goes to all components.
    signedIn(claims);
    // 7. Whoever needs to be signed in and is not is sent to the right page with a message: `signedOut` says why, and
    //    `RequireAuth` does it.
  }

  /** Asks the server who the token belongs to; the answer decides the state. One question at a time. */
  function check(): Promise<void> {
    if (token === null) return Promise.resolve();
    if (checking?.epoch === epoch) return checking.done;
    cancelPlanned();
    const askedIn = epoch;
    const done = api.whoami(token).then((answer) => settle(answer, askedIn));
    checking = { epoch, done };
    return done;
  }

  async function settle(answer: WhoamiAnswer, askedIn: number): Promise<void> {
    // A late answer, to a question about somebody who is no longer here.
    if (askedIn !== epoch) return;
    checking = undefined;
    switch (answer.kind) {
      case "known":
        answeredAtMs = clock.monotonicMs();
        backOff.reset();
        offered = null;
        return signedIn(answer.user);
      case "refused":
        backOff.reset();
        return leave(reasonOfRefusal(answer.reason));
      case "unreachable":
        cancelPlanned = clock.after(backOff.nextMs(answer.retryAfterMs), () => void check());
        return publish({
          status: "unreachable",
          problem: answer.problem,
          user: personOf(state),
          identity: state.identity,
        });
    }
  }

  // --- states ----------------------------------------------------------------------------------------------------

  function signedIn(user: AuthUser): void {
    const before = personOf(state);
    // From "nobody" to somebody, or from one to another. While loading nothing was fetched for anybody.
    const changed = before === null ? state.status === "signed-out" : !samePerson(before, user);
    publish({ status: "signed-in", user, expiresAt: user.expiresAt, identity: state.identity + Number(changed) });
    cancelPlanned();
    const untilExpiryMs = serverClock.timeLeftMs(user) + afterExpiryMs;
    cancelPlanned = clock.after(Math.max(untilExpiryMs, leastRecheckMs), () => void check());
  }

  /** The token is of no use any more: it goes, and so does whatever was fetched with it. */
  async function leave(reason: SignedOutReason): Promise<void> {
    const { token: stored } = readStored();
    // Another tab may have signed in since: its token is not ours to remove.
    if (stored !== null && stored !== token) return adoptStored(stored);
    storage.remove();
    events.announce();
    changeToken(null);
    return signedOut(reason);
  }

  async function signedOut(reason: SignedOutReason): Promise<void> {
    const changed = personOf(state) !== null;
    publish({ status: "signed-out", reason, question: null, identity: state.identity + Number(changed) });
    await considerOffered();
  }

  /** A good token that nobody asked for: the person decides. A bad one is forgotten. */
  async function considerOffered(): Promise<void> {
    if (offered === null) return;
    const asked = { epoch, token: offered };
    const answer = await api.whoami(asked.token);
    if (asked.epoch !== epoch || state.status !== "signed-out") return;
    if (answer.kind === "unreachable") {
      cancelPlanned = clock.after(backOff.nextMs(answer.retryAfterMs), () => void considerOffered());
      return;
    }
    if (answer.kind === "known") return publish({ ...state, question: { username: answer.user.username } });
    offered = null;
  }

  function publish(next: AuthState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  // --- tokens ----------------------------------------------------------------------------------------------------

  function changeToken(next: string | null): void {
    epoch += 1;
    token = next;
    checking = undefined;
    cancelPlanned();
  }

  /** What storage holds, if it can be a token at all; anything else is removed. */
  function readStored(): { token: string | null; damaged: boolean } {
    const stored = storage.read();
    if (stored === null) return { token: null, damaged: false };
    if (decodeUnverified(stored) !== null) return { token: stored, damaged: false };
    storage.remove();
    return { token: null, damaged: true };
  }

  /** A new token: of the same person it changes nothing to see, of anybody else all that was known is wrong. */
  function adopt(next: string): Promise<void> {
    const before = personOf(state);
    const claims = decodeUnverified(next);
    decisions += 1;
    changeToken(next);
    if (before !== null && (claims === null || !samePerson(before, claims))) {
      publish({ status: "loading", identity: state.identity + 1 });
    }
    return check();
  }

  function adoptStored(stored: string): Promise<void> {
    offered = null;
    return adopt(stored);
  }

  /** Another tab, or somebody's hand, may have changed what is stored. */
  function followStorage(): void {
    if (!begun) return;
    const { token: stored } = readStored();
    if (stored === token) return;
    if (stored !== null) return void adoptStored(stored);
    const expired = state.status === "signed-in" && serverClock.timeLeftMs(state.user) === 0;
    changeToken(null);
    void signedOut(expired ? "expired" : "ended_elsewhere");
  }

  function followOtherTab(): void {
    storage.dropUnsaved?.();
    followStorage();
  }

  function onShown(restored: boolean): void {
    followStorage();
    // Where the monotonic clock stood still while the device slept, nothing planned has fired: so ask.
    if (restored || clock.monotonicMs() - answeredAtMs > freshAnswerMs) void check();
  }

  async function enter(obtain: () => Promise<string>): Promise<AuthUser> {
    beginOnce();
    const before = decisions;
    const obtained = await obtain();
    if (before !== decisions) {
      throw new AuthClientError("superseded", "Somebody signed in or out here in the meantime. Try again.");
    }
    offered = null;
    storage.write(obtained);
    events.announce();
    await adopt(obtained);
    if (state.status === "signed-in") return state.user;
    if (state.status === "unreachable") {
      throw new AuthClientError("unreachable", "Signed in, but the server has stopped answering. It is asked again.");
    }
    throw new AuthClientError("token_invalid", "The server does not accept the token that it has just issued.");
  }

  function beginOnce(): void {
    if (begun) return;
    begun = true;
    void begin();
  }

  function start(): () => void {
    listening ??= {
      count: 0,
      stop: events.listen({ onStorageChanged: followOtherTab, onShown, onOnline: () => void retry() }),
    };
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

  async function retry(): Promise<void> {
    if (state.status === "unreachable") await check();
  }

  async function authorization(): Promise<{ token: string | null; identity: number }> {
    beginOnce();
    await settled();
    return { token, identity: state.identity };
  }

  function settled(): Promise<void> {
    if (state.status !== "loading") return Promise.resolve();
    return new Promise((resolve) => {
      const unsubscribe = subscribe(() => {
        if (state.status === "loading") return;
        unsubscribe();
        resolve();
      });
    });
  }

  function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  return {
    baseUrl,
    trpcUrl,
    mayReceiveBearer: (url) => URL.canParse(url) && bearerOrigins.has(new URL(url).origin),
    getState: () => state,
    subscribe,
    start,
    signUp: (credentials) => enter(async () => (await api.signUp(credentials)).accessToken),
    signIn: (credentials) => enter(async () => (await api.issueToken(credentials)).accessToken),
    async signOut() {
      begun = true;
      decisions += 1;
      offered = null;
      storage.remove();
      events.announce();
      changeToken(null);
      await signedOut("signed_out");
    },
    retry,
    async confirm() {
      const chosen = offered;
      if (chosen === null || state.status !== "signed-out" || state.question === null) return;
      await enter(() => Promise.resolve(chosen));
    },
    dismiss() {
      offered = null;
      if (state.status === "signed-out" && state.question !== null) publish({ ...state, question: null });
    },
    expectTokenFromQuery: () => address?.expect(),
    getAccessToken: async () => (await authorization()).token,
    authorization,
    async reportRefusal(refused) {
      if (refused === token) await check();
    },
    timeLeftMs: () => (state.status === "signed-in" ? serverClock.timeLeftMs(state.user) : null),
  };
}

function nothing(): void {}

function reasonOfRefusal(reason: string | undefined): SignedOutReason {
  if (reason === "token_expired") return "expired";
  return reason === "token_revoked" ? "ended_elsewhere" : "refused";
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
