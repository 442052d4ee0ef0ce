// How many may sign in at once. Each wants a hash, and hashing is the slowest thing here: who would wait behind too many others is told
// so at once, before the database or a budget is asked, so that a flood costs next to nothing. Nor may one network take all the room:
// who signs in again and again with a password that is right is charged for nothing, and would keep everybody else out.

import { availableParallelism } from "node:os";
import type { Accounts } from "@signet/accounts";
import { createRoom } from "./room.ts";

/** About half a second of hashing; no more than the hasher lets wait. */
const maxPerHashingThread = 64;
/** One network gets a quarter of the room: that keeps the hashing as busy as all of it would. */
const networkShare = 4;
const hashingThreads = Math.max(1, availableParallelism() - 1);

/** The same accounts, for so many at once who come with a password; more get `busy`. */
export function withSignInRoom(accounts: Accounts, maxAtOnce = maxPerHashingThread * hashingThreads): Accounts {
  const room = createRoom({
    maxAtOnce,
    maxOfNetwork: Math.ceil(maxAtOnce / networkShare),
    sentence: "Too many people are signing in at this moment. Please try again in a second.",
  });
  return {
    ...accounts,
    signUp: (credentials, client, options) =>
      room.admit(client.address, () => accounts.signUp(credentials, client, options)),
    issueToken: (credentials, client, options) =>
      room.admit(client.address, () => accounts.issueToken(credentials, client, options)),
    changePassword: (claims, passwords, client, options) =>
      room.admit(client.address, () => accounts.changePassword(claims, passwords, client, options)),
  };
}
