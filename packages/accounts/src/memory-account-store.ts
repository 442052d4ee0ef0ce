// The stores of people and sessions in memory: for tests and examples. Everything is lost with the process.

import { randomUUID } from "node:crypto";
import type { Clock } from "@signet/auth/clock";
import { createMemoryProviderAccounts } from "./memory-provider-accounts.ts";
import type {
  AccountStore,
  NewSession,
  ProviderAccountStore,
  RefreshState,
  Session,
  SessionStore,
  StoredRevocation,
  StoredSession,
  User,
  WhichSessions,
} from "./stores.ts";

/** Users, sessions, accounts elsewhere, and the revocations that ending sessions leaves behind. */
export interface MemoryAccountStore extends AccountStore, SessionStore, ProviderAccountStore {
  listRevocations(after: number, limit: number): Promise<{ entries: StoredRevocation[]; last: number; epoch: string }>;
}

interface Row {
  session: Session;
  refresh: RefreshState | null;
}

const listLimit = 200;
const marginSeconds = 120;
const revocationSeconds = 900 + marginSeconds;

export function createMemoryAccountStore(clock: Clock): MemoryAccountStore {
  const usersById = new Map<string, User>();
  const rowsById = new Map<string, Row>();
  const revocations: StoredRevocation[] = [];
  const epoch = randomUUID();

  function requireNewSession(id: string): void {
    if (rowsById.has(id)) throw new Error("A session with this id exists.");
  }

  function addSession(userId: string, { id, device, address, amr, maxAgeSeconds, refresh }: NewSession): Session {
    requireNewSession(id);
    const now = clock();
    const expiresAt = new Date(now + maxAgeSeconds * 1000);
    const createdAt = new Date(now);
    const times = { createdAt, lastUsedAt: createdAt, expiresAt, endedAt: null };
    const session = { id, userId, ...times, device, address, amr };
    rowsById.set(id, { session, refresh: refresh && firstRefresh(refresh, now, expiresAt) });
    return { ...session };
  }

  function addUser({
    id,
    username,
    passwordHash,
  }: Pick<User, "id" | "username" | "passwordHash">): User | "username_taken" {
    if (findByName(username) !== undefined) return "username_taken";
    if (usersById.has(id)) throw new Error("A user with this id exists.");
    const createdAt = new Date(clock());
    const user: User = { id, username, passwordHash, passwordVersion: 1, scope: [], createdAt, disabledAt: null };
    usersById.set(id, user);
    return { ...user };
  }

  function findByName(username: string): User | undefined {
    return [...usersById.values()].find((user) => user.username === username);
  }

  function update(userId: string, change: (user: User) => Partial<User>): void {
    const user = usersById.get(userId);
    if (user !== undefined) usersById.set(userId, { ...user, ...change(user) });
  }

  function stored({ session, refresh }: Row): StoredSession | undefined {
    const found = usersById.get(session.userId);
    if (found === undefined) return undefined;
    const { id, username, scope, disabledAt } = found;
    const user = { id, username, scope, disabledAt };
    return { ...session, user, refresh: refresh && { ...refresh }, now: new Date(clock()) };
  }

  function endSessions(which: WhichSessions): number {
    const now = clock();
    const ending = [...rowsById.values()].filter(({ session }) => session.endedAt === null && isMeant(session, which));
    for (const row of ending) {
      row.session = { ...row.session, endedAt: new Date(now) };
      const expiresAt = Math.floor(now / 1000) + revocationSeconds;
      revocations.push({ seq: revocations.length + 1, kind: "session", id: row.session.id, expiresAt });
    }
    return ending.length;
  }

  function hasRevokedToken(tokenId: string): boolean {
    return revocations.some(({ kind, id }) => kind === "token" && id === tokenId);
  }

  const providerAccounts = createMemoryProviderAccounts({
    clock,
    findUser: (userId) => usersById.get(userId),
    addUser,
    requireNewSession,
    addSession,
    endSessions,
    stands({ userId, sessionId }) {
      const row = rowsById.get(sessionId);
      const session = row && stored(row);
      if (session?.userId !== userId || session.endedAt !== null || session.user.disabledAt !== null) return false;
      return session.now < earlier(session.expiresAt, session.refresh?.idleExpiresAt ?? session.expiresAt);
    },
    setPassword: (userId, passwordHash) => update(userId, () => ({ passwordHash })),
  });

  return {
    ...providerAccounts,

    async findByUsername(username) {
      const user = findByName(username);
      return user && { ...user };
    },

    async findUser(userId) {
      const user = usersById.get(userId);
      return user && { ...user };
    },

    async createUser(newUser, session) {
      requireNewSession(session.id);
      const user = addUser(newUser);
      return user === "username_taken" ? user : { user, session: addSession(user.id, session) };
    },

    async createSession(userId, passwordVersion, session) {
      const user = usersById.get(userId);
      if (user === undefined || user.disabledAt !== null || user.passwordVersion !== passwordVersion) return undefined;
      return addSession(userId, session);
    },

    async replacePasswordHash(userId, from, to) {
      update(userId, (user) => (user.passwordHash === from ? { passwordHash: to } : {}));
    },

    async changePassword({ id, passwordVersion, passwordHash }, session) {
      const user = usersById.get(id);
      if (user === undefined || user.disabledAt !== null || user.passwordVersion !== passwordVersion) return undefined;
      const changed = { ...user, passwordHash, passwordVersion: passwordVersion + 1 };
      usersById.set(id, changed);
      const ended = endSessions({ userId: id });
      return { user: { ...changed }, session: addSession(id, session), ended };
    },

    async disableUser(userId) {
      update(userId, () => ({ disabledAt: new Date(clock()) }));
      return endSessions({ userId });
    },

    async enableUser(userId) {
      const wasDisabled = (usersById.get(userId)?.disabledAt ?? null) !== null;
      update(userId, () => ({ disabledAt: null }));
      return wasDisabled;
    },

    async addUser(user) {
      return addUser(user);
    },

    async setScope(userId, scope) {
      update(userId, () => ({ scope: [...scope] }));
    },

    async listUsers(after, limit) {
      const users = [...usersById.values()].filter(({ username }) => compare(username, after) > 0);
      return users.toSorted((a, b) => compare(a.username, b.username)).slice(0, limit);
    },

    async findSession(sessionId) {
      const row = rowsById.get(sessionId);
      return row && stored(row);
    },

    async rotateRefreshToken(sessionId, from, to) {
      const row = rowsById.get(sessionId);
      const before = row && stored(row);
      if (row === undefined || !before?.refresh) return undefined;
      const { now, endedAt, expiresAt, refresh, user } = before;
      const asRead = refresh.counter === from.counter && refresh.currentHash === from.currentHash;
      if (!asRead || endedAt !== null || user.disabledAt !== null) return undefined;
      if (now >= expiresAt || now >= refresh.idleExpiresAt) return undefined;
      row.refresh = {
        salt: refresh.salt,
        counter: refresh.counter + 1,
        currentHash: to.currentHash,
        previousHash: refresh.currentHash,
        secretId: to.secretId,
        attemptHash: to.attemptHash,
        movedAt: now,
        idleExpiresAt: earlier(new Date(now.getTime() + to.idleSeconds * 1000), expiresAt),
      };
      row.session = { ...row.session, lastUsedAt: now, address: to.address };
      return stored(row);
    },

    async endSessions(which) {
      return endSessions(which);
    },

    async revokeToken({ id, expiresAt }) {
      const until = expiresAt + marginSeconds;
      if (until <= clock() / 1000 || hasRevokedToken(id)) return false;
      revocations.push({ seq: revocations.length + 1, kind: "token", id, expiresAt: until });
      return true;
    },

    async isTokenRevoked(tokenId) {
      return hasRevokedToken(tokenId);
    },

    async listSessions(userId) {
      return [...rowsById.values()]
        .flatMap((row) => stored(row) ?? [])
        .filter((session) => session.userId === userId && session.endedAt === null)
        .filter(({ now, expiresAt, refresh }) => now < earlier(expiresAt, refresh?.idleExpiresAt ?? expiresAt))
        .toSorted((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime())
        .slice(0, listLimit)
        .map(({ user: _user, refresh: _refresh, now: _now, ...session }) => session);
    },

    async listRevocations(after, limit) {
      const live = revocations.filter(
        ({ seq, expiresAt }) => seq > after && (expiresAt === null || expiresAt > clock() / 1000),
      );
      return { entries: live.slice(0, limit), last: revocations.length, epoch };
    },
  };
}

function firstRefresh(
  { salt, currentHash, secretId, idleSeconds }: NonNullable<NewSession["refresh"]>,
  now: number,
  expiresAt: Date,
): RefreshState {
  const idleExpiresAt = earlier(new Date(now + idleSeconds * 1000), expiresAt);
  return {
    salt,
    counter: 0,
    currentHash,
    previousHash: null,
    secretId,
    attemptHash: null,
    movedAt: new Date(now),
    idleExpiresAt,
  };
}

function isMeant({ id, userId, amr }: Session, which: WhichSessions): boolean {
  if (which.userId !== undefined && which.userId !== userId) return false;
  if ("sessionId" in which) return which.sessionId === id;
  return which.exceptSessionId !== id && (which.amr === undefined || which.amr === amr);
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}

/** As bytes of UTF-8 compare, and so code points; `<` compares UTF-16. */
function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
