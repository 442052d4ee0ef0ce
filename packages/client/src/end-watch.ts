// Learns within a moment that the session was ended on another device: while the page is looked at, one request rests at the
// server, which answers it when the session ends. One tab of the browser does this for all: what it learns reaches the others
// as every change of the stored token does.

import type { ApiCall } from "./api-call.ts";
import { createBackOff } from "./back-off.ts";
import type { ClientClock } from "./client-clock.ts";
import type { Locks } from "./page-locks.ts";
import type { StateStore } from "./state-store.ts";

export const watchLockName = "signet.end_watch";

/** The most that the server takes. */
const waitSeconds = 25;
const timeoutMs = (waitSeconds + 10) * 1000;
/** An answer that came sooner than this was not held back: the server stops, or something in between answers for it. */
const shortestRestMs = 1_000;
const pauseMs = 5_000;

export interface EndWatchOptions {
  apiUrl: string;
  call: ApiCall;
  clock: ClientClock;
  random: () => number;
  /** Shared by the tabs of a browser: a request of each would use up its connections. */
  locks: Locks;
  store: StateStore;
  /** The token of this page. */
  token: () => string | null;
  isShown: () => boolean;
  /** The server refuses the token: finds out what that means. */
  check: () => Promise<void>;
}

export interface EndWatch {
  /** The page was shown or hidden. */
  look(): void;
  /** @returns what ends it. */
  start(): () => void;
}

export function createEndWatch(options: EndWatchOptions): EndWatch {
  const { apiUrl, call, clock, locks, store, token, isShown, check } = options;
  const backOff = createBackOff(options.random);
  let started = false;
  /** An older server, or a plain file server: it does not know the question. */
  let unknownThere = false;
  let watching: AbortController | undefined;

  function look(): void {
    const wanted = started && !unknownThere && isShown() && store.get().status === "signed-in";
    if (wanted === (watching !== undefined)) return;
    watching?.abort();
    watching = undefined;
    if (wanted) begin();
  }

  function begin(): void {
    const mine = new AbortController();
    watching = mine;
    locks
      .request(watchLockName, { signal: mine.signal }, () => watch(mine.signal))
      // Given up while waiting for its turn, or forbidden here: the next refresh tells as well, only later.
      .catch(nothing);
  }

  async function watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !unknownThere) {
      const asked = token();
      if (asked === null) return;
      const restMs = await askOnce(asked, signal);
      if (restMs > 0) await sleep(restMs, signal);
    }
  }

  /** @returns how long to wait before asking again. */
  async function askOnce(asked: string, signal: AbortSignal): Promise<number> {
    const askedAtMs = clock.monotonicMs();
    const headers = { authorization: `Bearer ${asked}` };
    const answer = await call(`${apiUrl}/auth/session?wait=${waitSeconds}`, { headers, signal, timeoutMs });
    if (signal.aborted) return 0;
    if (answer.kind === "unreachable") return backOff.nextMs(answer.retryAfterMs);
    if (answer.status === 204) {
      backOff.reset();
      return clock.monotonicMs() - askedAtMs < shortestRestMs ? pauseMs : 0;
    }
    if (answer.status !== 401) {
      unknownThere = true;
      return 0;
    }
    // A token that was renewed meanwhile says nothing.
    if (token() === asked) await check();
    return token() === asked ? pauseMs : 0;
  }

  function sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const cancel = clock.after(ms, wake);
      signal.addEventListener("abort", wake);
    });
  }

  return {
    look,
    start() {
      started = true;
      const unsubscribe = store.subscribe(look);
      look();
      return () => {
        started = false;
        unsubscribe();
        look();
      };
    },
  };
}

function nothing(): void {}
