// A hand-over code that this tab asked for becomes a session. The person asked for it, so it replaces whoever was here; where it
// comes to nothing, whoever was here still is. It is sent once: the API takes a repetition for a theft.

import type { AuthApi } from "./auth-api.ts";
import { AuthClientError } from "./auth-client-error.ts";
import type { ClientClock } from "./client-clock.ts";
import type { Entries } from "./entries.ts";
import { suggestionFrom } from "./hand-over.ts";
import type { PendingSignUps } from "./pending-sign-up.ts";
import type { RedeemableCode } from "./provider-actions.ts";

export interface Redemption {
  /**
   * Ends when the session is checked, or came to nothing. Never throws.
   *
   * @returns whether it is decided now who is here: by this, or by what a person did meanwhile.
   */
  redeem(redeemable: RedeemableCode): Promise<boolean>;
  /** While the code is on its way, it is not known who is here: neither another tab's token nor its end is looked at. */
  underWay(): Promise<boolean> | undefined;
  /** Why it came to nothing; null where it did not. Told once. */
  takeProblem(): Promise<AuthClientError | null>;
}

export interface RedemptionOptions {
  api: Pick<AuthApi, "redeem">;
  entries: Entries;
  signUps: PendingSignUps;
  clock: ClientClock;
}

export function createRedemption({ api, entries, signUps, clock }: RedemptionOptions): Redemption {
  let underWay: Promise<boolean> | undefined;
  let decided: Promise<boolean> | undefined;
  let problem: AuthClientError | null = null;

  async function redeem({ code, handOver }: RedeemableCode): Promise<boolean> {
    const before = entries.decisions();
    try {
      await entries.enter(() =>
        api.redeem({ code, verifier: handOver.verifier }).finally(() => {
          underWay = undefined;
        }),
      );
      return true;
    } catch (error) {
      if (before !== entries.decisions()) return true;
      problem = error instanceof AuthClientError ? error : null;
      if (problem?.reason === "username_needed") {
        const suggestion = suggestionFrom(problem.details.suggestion);
        signUps.begin({ ...handOver, purpose: "sign-up", begunMs: clock.dateMs(), code, suggestion });
      }
      return false;
    }
  }

  return {
    redeem(redeemable) {
      underWay = redeem(redeemable);
      decided = underWay;
      return underWay;
    },
    underWay: () => underWay,
    async takeProblem() {
      await decided;
      const told = problem;
      problem = null;
      return told;
    },
  };
}
