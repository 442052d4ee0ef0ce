// How many refresh tokens may be looked at once. Anybody can make up one that looks like a token, and each is looked for in the database:
// who would ask for too many at once is told to come again, and whoever has a session keeps it. Nobody else has to wait for that.

import type { Accounts } from "@signet/accounts";
import { createRoom, type Room } from "./room.ts";

/** More than a database answers within a second would only wait there, and everybody with them. */
const maxAtOnce = 400;
/** An office behind one address renews some thousand sessions a second by this. */
const maxOfNetwork = 50;

export function createSessionRoom(limits = { maxAtOnce, maxOfNetwork }): Room {
  return createRoom({ ...limits, sentence: "Too many sessions are renewed at this moment. Please try again shortly." });
}

/** The same accounts, whose sessions are refreshed in this room. */
export function withSessionRoom(accounts: Accounts, room: Room): Accounts {
  const { sessions } = accounts;
  return {
    ...accounts,
    sessions: {
      ...sessions,
      refresh: (refreshToken, client, options) =>
        room.admit(client.address, () => sessions.refresh(refreshToken, client, options)),
    },
  };
}
