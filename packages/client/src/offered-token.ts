// A good token in the address that nobody here asked for: the person decides. A bad one is forgotten.

import type { AuthApi } from "./auth-api.ts";
import type { BackOff } from "./back-off.ts";
import type { ClientClock } from "./client-clock.ts";
import type { StateStore } from "./state-store.ts";

export interface OfferedToken {
  offer(token: string | null): void;
  forget(): void;
  /** Nobody is here: may the person be asked about it? */
  consider(): Promise<void>;
  /** The token that the person was asked about, if there is such a question now. */
  chosen(): string | null;
}

export interface OfferedTokenOptions {
  api: Pick<AuthApi, "whoami">;
  store: StateStore;
  clock: ClientClock;
  backOff: BackOff;
}

export function createOfferedToken({ api, store, clock, backOff }: OfferedTokenOptions): OfferedToken {
  let offered: string | null = null;
  let cancelPlanned: () => void = nothing;

  async function consider(): Promise<void> {
    cancelPlanned();
    if (offered === null) return;
    const asked = { token: offered, state: store.get() };
    const answer = await api.whoami(asked.token);
    if (asked.state !== store.get() || asked.token !== offered || asked.state.status !== "signed-out") return;
    if (answer.kind === "unreachable") {
      cancelPlanned = clock.after(backOff.nextMs(answer.retryAfterMs), () => void consider());
      return;
    }
    if (answer.kind === "known") store.ask({ username: answer.user.username });
    else offered = null;
  }

  return {
    offer(token) {
      offered = token;
    },
    forget() {
      offered = null;
      cancelPlanned();
      const state = store.get();
      if (state.status === "signed-out" && state.question !== null) store.ask(null);
    },
    consider,
    chosen() {
      const state = store.get();
      return state.status === "signed-out" && state.question !== null ? offered : null;
    },
  };
}

function nothing(): void {}
