// The account store in memory: for tests and examples. Everything is lost with the process.

import type { Clock } from "@signet/auth/clock";
import type { AccountStore, NewSession, Session, User } from "./stores.ts";

/** With what other rooms do to users in a database. */
export interface MemoryAccountStore extends AccountStore {
  disableUser(userId: string): Promise<void>;
  changePassword(userId: string, passwordHash: string): Promise<void>;
}

export function createMemoryAccountStore(clock: Clock): MemoryAccountStore {
  const usersById = new Map<string, User>();
  const sessionsById = new Map<string, Session>();

  function addSession(userId: string, { id, device, address, maxAgeSeconds }: NewSession): Session {
    if (sessionsById.has(id)) throw new Error("A session with this id exists.");
    const now = clock();
    const session: Session = {
      id,
      userId,
      createdAt: new Date(now),
      lastUsedAt: new Date(now),
      expiresAt: new Date(now + maxAgeSeconds * 1000),
      endedAt: null,
      device,
      address,
    };
    sessionsById.set(id, session);
    return { ...session };
  }

  function findByName(username: string): User | undefined {
    return [...usersById.values()].find((user) => user.username === username);
  }

  function update(userId: string, change: (user: User) => Partial<User>): void {
    const user = usersById.get(userId);
    if (user !== undefined) usersById.set(userId, { ...user, ...change(user) });
  }

  return {
    async findByUsername(username) {
      const user = findByName(username);
      return user && { ...user };
    },

    async createUser({ id, username, passwordHash }, session) {
      if (findByName(username) !== undefined) return "username_taken";
      if (usersById.has(id)) throw new Error("A user with this id exists.");
      const added = addSession(id, session);
      const createdAt = new Date(clock());
      const user: User = { id, username, passwordHash, passwordVersion: 1, scope: [], createdAt, disabledAt: null };
      usersById.set(id, user);
      return { user: { ...user }, session: added };
    },

    async createSession(userId, passwordVersion, session) {
      const user = usersById.get(userId);
      if (user === undefined || user.disabledAt !== null || user.passwordVersion !== passwordVersion) return undefined;
      return addSession(userId, session);
    },

    async replacePasswordHash(userId, from, to) {
      update(userId, (user) => (user.passwordHash === from ? { passwordHash: to } : {}));
    },

    async disableUser(userId) {
      update(userId, () => ({ disabledAt: new Date(clock()) }));
    },

    async changePassword(userId, passwordHash) {
      update(userId, (user) => ({ passwordHash, passwordVersion: user.passwordVersion + 1 }));
    },
  };
}
