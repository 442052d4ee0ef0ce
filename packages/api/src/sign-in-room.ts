// How many may sign in at once. Each wants a hash, and hashing is the slowest thing here: who would wait behind too many others is told
// so at once, before the database or a budget is asked, so that a flood costs next to nothing.

import { availableParallelism } from "node:os";
import type { Accounts } from "@signet/accounts";
import { AuthError } from "@signet/auth/errors";

/** About half a second of hashing; no more than the hasher lets wait. */
const maxPerHashingThread = 64;
const hashingThreads = Math.max(1, availableParallelism() - 1);

/** The same accounts, for so many at once who come with a password; more get `busy`. */
export function withSignInRoom(accounts: Accounts, maxAtOnce = maxPerHashingThread * hashingThreads): Accounts {
  let inside = 0;

  async function admitted<Result>(enter: () => Promise<Result>): Promise<Result> {
    if (inside >= maxAtOnce) {
      throw new AuthError("busy", "Too many people are signing in at this moment. Please try again in a second.", {
        retryAfterSeconds: 1,
      });
    }
    inside += 1;
    try {
      return await enter();
    } finally {
      inside -= 1;
    }
  }

  return {
    ...accounts,
    signUp: (...call) => admitted(() => accounts.signUp(...call)),
    issueToken: (...call) => admitted(() => accounts.issueToken(...call)),
    changePassword: (...call) => admitted(() => accounts.changePassword(...call)),
  };
}
