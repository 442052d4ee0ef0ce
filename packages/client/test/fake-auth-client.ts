// An auth client made of paper: the test owns the token, and what a refresh gives.

import type { AuthState } from "../src/index.ts";
import type { LinkedAuthClient } from "../src/trpc/index.ts";

/** What a refresh comes to: a new token, no session any more, or no answer. */
type RefreshOutcome = string | null | "unreachable";

export interface FakeAuthClientOptions {
  baseUrl: string;
  token: string | null;
  refresh?: () => RefreshOutcome | Promise<RefreshOutcome>;
  /** Other origins that may be given the token. */
  bearerOrigins?: readonly string[];
}

export function createFakeAuthClient(options: FakeAuthClientOptions) {
  const listeners = new Set<() => void>();
  const origins = new Set([options.baseUrl, ...(options.bearerOrigins ?? [])]);
  let token = options.token;
  let state: AuthState = signedIn("ada", 0);
  if (token === null)
    state = { status: "signed-out", reason: "never", question: null, pendingSignUp: null, identity: 0 };
  let refreshing: Promise<boolean> | undefined;
  let refreshes = 0;
  let answer = options.refresh;

  function publish(next: AuthState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  async function refresh(): Promise<boolean> {
    refreshes += 1;
    const { identity } = state;
    const outcome = (await answer?.()) ?? null;
    if (state.identity !== identity) return false;
    if (outcome === "unreachable") {
      publish({ status: "unreachable", problem: "network", user: null, identity });
      return false;
    }
    if (outcome === null) {
      leave("ended_elsewhere");
      return false;
    }
    token = outcome;
    publish(signedIn("ada", identity));
    return true;
  }

  function leave(reason: "signed_out" | "ended_elsewhere" = "signed_out"): void {
    token = null;
    publish({ status: "signed-out", reason, question: null, pendingSignUp: null, identity: state.identity + 1 });
  }

  const client: LinkedAuthClient = {
    trpcUrl: `${options.baseUrl}/api/trpc`,
    mayReceiveBearer: (url) => URL.canParse(url) && origins.has(new URL(url).origin),
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async authorization() {
      await refreshing;
      return { token, identity: state.identity };
    },
    renew(refused) {
      if (token === null) return Promise.resolve(false);
      if (refused !== token) return Promise.resolve(true);
      refreshing ??= refresh().finally(() => {
        refreshing = undefined;
      });
      return refreshing;
    },
  };

  return {
    client,
    refreshes: () => refreshes,
    listeners: () => listeners.size,
    leave,
    onRefresh(next: FakeAuthClientOptions["refresh"]) {
      answer = next;
    },
    /** Somebody else signs in. */
    enter(username: string, next: string) {
      token = next;
      publish(signedIn(username, state.identity + 1));
    },
    /** A refresh that nobody here asked for, such as another tab's. */
    renewTo(next: string) {
      token = next;
      publish(signedIn("ada", state.identity));
    },
  };
}

function signedIn(username: string, identity: number): AuthState {
  const user = {
    subject: `sub-${username}`,
    username,
    scope: [],
    sessionId: `sid-${username}`,
    issuedAt: 0,
    expiresAt: 300,
  };
  return { status: "signed-in", user, expiresAt: 300, identity };
}
