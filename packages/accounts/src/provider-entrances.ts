// Coming in with a hand-over code: into an account that is linked, or into a new one under a name of the person's choice.

import { AuthError } from "@signet/auth/errors";
import type { Budgets } from "./budgets.ts";
import { giveBack, unlessTried } from "./charged-work.ts";
import { type HandOver, presentedCode } from "./hand-over-code.ts";
import type { LinkedProvider, ProviderAccountStore } from "./provider-stores.ts";
import { codeInvalid, type RefuseCode } from "./refused-code.ts";
import { type BegunSession, type Client, type IssuedToken, randomId, type SessionStart } from "./session-start.ts";
import type { Session, User } from "./stores.ts";
import { normalizeUsername, suggestUsername, usernameTaken } from "./username.ts";

/** How long somebody may think about a name. */
export const signUpSeconds = 10 * 60;

export interface ProviderEntrances {
  /**
   * Changes a hand-over code into a session. A code that comes a second time is refused, and ends the session that it began.
   *
   * Proves that the browser is the one that asked (it holds the verifier), and that the person has shown who they are at the provider
   * within the last minute.
   *
   * @throws AuthError `rate_limited` | `code_invalid` (unknown, used, too old, or of another verifier) | `username_needed` (nobody's
   *   account yet: `signUpWithProvider` within ten minutes) | `storage_unavailable` | `keys_unavailable`
   */
  redeem(handOver: HandOver, client: Client, options?: { refreshable?: boolean }): Promise<IssuedToken>;

  /**
   * Makes an account, linked and without a password, and signs it in: after `redeem` has said `username_needed`.
   *
   * @throws AuthError `input_invalid` (`username`) | `rate_limited` | `username_taken` (another name may be tried) | `code_invalid` |
   *   `storage_unavailable` | `keys_unavailable`
   */
  signUpWithProvider(
    input: HandOver & { username: string },
    client: Client,
    options?: { refreshable?: boolean },
  ): Promise<IssuedToken>;
}

export interface ProviderEntrancesOptions {
  store: ProviderAccountStore;
  start: SessionStart;
  budgets: Budgets;
  refuseCode: RefuseCode;
  recordEntrance(kind: "sign_up" | "sign_in", session: Session, detail: Pick<LinkedProvider, "issuer">): void;
  answer(user: User, session: Session, begun: BegunSession): Promise<IssuedToken>;
}

export function createProviderEntrances(options: ProviderEntrancesOptions): ProviderEntrances {
  const { store, start, budgets, refuseCode, recordEntrance, answer } = options;

  return {
    async redeem(handOver, client, { refreshable = true } = {}) {
      const charge = await budgets.charge({ operation: "redeem", address: client.address });

      return unlessTried(charge, ["code_invalid"], async () => {
        const presented = presentedCode(handOver);
        const found = await store.findCode(presented.codeHash);
        if (found === undefined) throw codeInvalid();
        const { user, issuer, preferredUsername } = found;
        if (user === undefined) {
          const opened = await store.openSignUp(presented, signUpSeconds);
          throw opened ? usernameNeeded(preferredUsername) : await refuseCode(presented.codeHash);
        }
        if (user.disabledAt !== null) throw codeInvalid();

        const begun = start.newSession(user.id, client, { refreshable, amr: "fed" });
        const session = await store.redeemCode(presented, user.id, begun.session);
        if (session === undefined) throw await refuseCode(presented.codeHash, user.id);
        recordEntrance("sign_in", session, { issuer });
        await giveBack(charge);
        return answer(user, session, begun);
      });
    },

    async signUpWithProvider({ username: name, ...handOver }, client, { refreshable = true } = {}) {
      const username = normalizeUsername(name);
      const charge = await budgets.charge({ operation: "sign_up", address: client.address });

      return unlessTried(charge, ["username_taken", "code_invalid"], async () => {
        const presented = presentedCode(handOver);
        const found = await store.findCode(presented.codeHash);
        if (found === undefined) throw codeInvalid();
        const id = randomId();
        const begun = start.newSession(id, client, { refreshable, amr: "fed" });
        const created = await store.signUpWithCode(presented, { id, username }, begun.session);
        if (created === "username_taken") throw usernameTaken();
        if (created === "code_invalid") throw await refuseCode(presented.codeHash, found.user?.id);
        recordEntrance("sign_up", created.session, { issuer: found.issuer });
        return answer(created.user, created.session, begun);
      });
    },
  };
}

function usernameNeeded(preferredUsername: string | null): AuthError {
  const suggestion = preferredUsername === null ? undefined : suggestUsername(preferredUsername);
  const options = suggestion === undefined ? {} : { suggestion };
  return new AuthError("username_needed", "You are new here. Please choose a username.", options);
}
