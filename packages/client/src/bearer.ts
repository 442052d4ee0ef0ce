// Whoever needs a token: gives the current one, waits where that is of no use, and gets another one after a refusal.

import { samePerson } from "./auth-state.ts";
import type { ClientClock } from "./client-clock.ts";
import type { SessionKeeper } from "./session-keeper.ts";
import type { StateStore } from "./state-store.ts";
import { decodeUnverified } from "./token-shape.ts";

export interface Bearer {
  authorization(): Promise<{ token: string | null; identity: number }>;
  renew(refusedToken: string): Promise<boolean>;
}

/** Whoever needs a token waits no longer than this for a refresh. */
const longestWaitMs = 10_000;
/** The wait for the lock, the request, and some more. */
const longestRenewalMs = 20_000;
/** A service that refuses everything must not make us ask our own server each time. */
const leastCheckMs = 5_000;
/** A token with less time left than this is not sent any more when there may soon be another. */
const aboutToEndMs = 3_000;

export function createBearer(keeper: SessionKeeper, store: StateStore, clock: ClientClock): Bearer {
  /** Of a token that lives for seconds only, as in tests, the last tenth. */
  function isEnding(): boolean {
    const held = keeper.held();
    if (held === null) return false;
    const lifeMs = (held.claims.expiresAt - held.claims.issuedAt) * 1000;
    return keeper.timeLeftMs() < Math.min(aboutToEndMs, lifeMs / 10);
  }

  async function renewRefused(): Promise<void> {
    const renewing = keeper.renewing();
    if (renewing !== undefined) return renewing.done;
    if (keeper.isBackingOff()) return;
    if (keeper.mayRenew() && !keeper.renewedInVain()) return keeper.refresh(true);
    // Renewed a moment ago, or not to be renewed: does the API itself refuse it? If not, whoever did must mend that.
    if (keeper.answerAgeMs() > leastCheckMs) await keeper.check();
  }

  function within(ms: number, promise: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = clock.after(ms, resolve);
      promise.then(resolve, reject).finally(cancel);
    });
  }

  return {
    async authorization() {
      await store.settled();
      if (isEnding() && keeper.mayRenew() && !keeper.isBackingOff()) void keeper.refresh();
      const renewing = keeper.renewing();
      if (renewing !== undefined && (renewing.forRefusal || keeper.isRefused() || isEnding())) {
        await within(longestWaitMs, renewing.done);
        await store.settled();
      }
      return { token: keeper.held()?.token ?? null, identity: store.get().identity };
    },
    async renew(refusedToken) {
      void keeper.followStorage();
      if (keeper.held()?.token === refusedToken) await within(longestRenewalMs, renewRefused());
      const former = decodeUnverified(refusedToken);
      const held = keeper.held();
      if (held === null || former === null || held.token === refusedToken) return false;
      await store.settled();
      return samePerson(former, held.claims);
    },
  };
}
