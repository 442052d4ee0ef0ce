// The one state, who listens to it, and the number that says whose it is.

import {
  type AuthState,
  type AuthUser,
  loadingState,
  type PendingSignUp,
  personOf,
  type SignedOutReason,
  type SignInQuestion,
  samePerson,
  type UnreachableProblem,
} from "./auth-state.ts";

export interface StateStore {
  get(): AuthState;
  /** @returns what unsubscribes. */
  subscribe(listener: () => void): () => void;
  /** Ends once it is known whether somebody is here. */
  settled(): Promise<void>;

  signedIn(user: AuthUser): void;
  signedOut(reason: SignedOutReason): void;
  unreachable(problem: UnreachableProblem): void;
  /** Somebody else is here now: nothing of the former person is true any more. */
  somebodyElse(): void;
  /** Only while signed out. */
  ask(question: SignInQuestion | null): void;
  /** Only while signed out: shows again what sign-up is pending. */
  showPendingSignUp(): void;
}

/** @param pendingSignUp Looked at whenever nobody is signed in. */
export function createStateStore(pendingSignUp: () => PendingSignUp | null): StateStore {
  const listeners = new Set<() => void>();
  let state: AuthState = loadingState;

  function publish(next: AuthState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  return {
    get: () => state,
    subscribe,
    settled() {
      if (state.status !== "loading") return Promise.resolve();
      return new Promise((resolve) => {
        const unsubscribe = subscribe(() => {
          if (state.status === "loading") return;
          unsubscribe();
          resolve();
        });
      });
    },
    signedIn(user) {
      const before = personOf(state);
      // From "nobody" to somebody, or from one to another. While loading nothing was fetched for anybody.
      const changed = before === null ? state.status === "signed-out" : !samePerson(before, user);
      publish({ status: "signed-in", user, expiresAt: user.expiresAt, identity: state.identity + Number(changed) });
    },
    signedOut(reason) {
      // While the server is out of reach, the token is there and may have fetched something.
      const changed = state.status === "signed-in" || state.status === "unreachable";
      publish({
        status: "signed-out",
        reason,
        question: null,
        pendingSignUp: pendingSignUp(),
        identity: state.identity + Number(changed),
      });
    },
    unreachable: (problem) =>
      publish({ status: "unreachable", problem, user: personOf(state), identity: state.identity }),
    somebodyElse: () => publish({ status: "loading", identity: state.identity + 1 }),
    ask(question) {
      if (state.status === "signed-out") publish({ ...state, question });
    },
    showPendingSignUp() {
      if (state.status === "signed-out") publish({ ...state, pendingSignUp: pendingSignUp() });
    },
  };
}
