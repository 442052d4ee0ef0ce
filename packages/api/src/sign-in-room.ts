// How many may sign in at once. Each wants a hash, and hashing is the slowest thing here: who would wait behind too many others is told
// so at once, before the database or a budget is asked, so that a flood costs next to nothing. Nor may one network take all the room:
// who signs in again and again with a password that is right is charged for nothing, and would keep everybody else out.

import { availableParallelism } from "node:os";
import { type Accounts, type Client, networksOf } from "@signet/accounts";
import { AuthError } from "@signet/auth/errors";

/** About half a second of hashing; no more than the hasher lets wait. */
const maxPerHashingThread = 64;
/** One network gets a quarter of the room: that keeps the hashing as busy as all of it would. */
const networkShare = 4;
const hashingThreads = Math.max(1, availableParallelism() - 1);

/** The same accounts, for so many at once who come with a password; more get `busy`. */
export function withSignInRoom(accounts: Accounts, maxAtOnce = maxPerHashingThread * hashingThreads): Accounts {
  const maxOfNetwork = Math.ceil(maxAtOnce / networkShare);
  const insideOf = new Map<string, number>();
  let inside = 0;

  async function admitted<Result>({ address }: Client, enter: () => Promise<Result>): Promise<Result> {
    // Where addresses are not known, all would be one network.
    const network = address === null ? undefined : networksOf(address).near;
    const neighbours = network === undefined ? 0 : (insideOf.get(network) ?? 0);
    if (inside >= maxAtOnce || neighbours >= maxOfNetwork) {
      throw new AuthError("busy", "Too many people are signing in at this moment. Please try again in a second.", {
        retryAfterSeconds: 1,
      });
    }
    inside += 1;
    if (network !== undefined) insideOf.set(network, neighbours + 1);
    try {
      return await enter();
    } finally {
      inside -= 1;
      if (network !== undefined) leave(network);
    }
  }

  function leave(network: string): void {
    const left = (insideOf.get(network) ?? 1) - 1;
    if (left > 0) insideOf.set(network, left);
    else insideOf.delete(network);
  }

  return {
    ...accounts,
    signUp: (credentials, client, options) => admitted(client, () => accounts.signUp(credentials, client, options)),
    issueToken: (credentials, client, options) =>
      admitted(client, () => accounts.issueToken(credentials, client, options)),
    changePassword: (claims, passwords, client, options) =>
      admitted(client, () => accounts.changePassword(claims, passwords, client, options)),
  };
}
