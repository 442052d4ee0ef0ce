// Hand-over codes and linked accounts in memory, beside the users and sessions of `memory-account-store.ts`.

import type { Clock } from "@signet/auth/clock";
import type { NewHandOverCode, PresentedCode, ProviderAccountStore, SessionOwner } from "./provider-stores.ts";
import type { NewSession, Session, User, WhichSessions } from "./stores.ts";

/** The store of users and sessions that these belong to. */
export interface MemoryUsers {
  clock: Clock;
  findUser(userId: string): User | undefined;
  addUser(user: Pick<User, "id" | "username" | "passwordHash">): User | "username_taken";
  /** @throws Error for an id that is used */
  requireNewSession(sessionId: string): void;
  addSession(userId: string, session: NewSession): Session;
  endSessions(which: WhichSessions): number;
  /** Whether the session is this user's, who is not disabled, and is not over. */
  stands(owner: SessionOwner): boolean;
  setPassword(userId: string, passwordHash: string): void;
}

interface Code extends NewHandOverCode {
  expiresAtMs: number;
  usedAtMs: number | null;
  signUpUntilMs: number;
  sessionId: string | null;
}

interface Account {
  issuer: string;
  subject: string;
  userId: string;
  linkedAt: Date;
}

export function createMemoryProviderAccounts(users: MemoryUsers): ProviderAccountStore {
  const { clock } = users;
  const codes = new Map<string, Code>();
  let accounts: Account[] = [];

  const find = ({ issuer, subject }: { issuer: string; subject: string }) =>
    accounts.find((account) => account.issuer === issuer && account.subject === subject);

  /** A code that can be used now, by who holds its verifier. */
  function usable({ codeHash, challenge }: PresentedCode): Code | undefined {
    const code = codes.get(codeHash);
    const fits = code?.challenge === challenge && code.usedAtMs === null && clock() < code.expiresAtMs;
    return fits ? code : undefined;
  }

  function link({ issuer, subject }: Code, userId: string): void {
    accounts.push({ issuer, subject, userId, linkedAt: new Date(clock()) });
  }

  return {
    async addCode(code) {
      if ([...codes.values()].some(({ transactionHash }) => transactionHash === code.transactionHash)) return false;
      const expiresAtMs = clock() + code.maxAgeSeconds * 1000;
      codes.set(code.codeHash, { ...code, expiresAtMs, usedAtMs: null, signUpUntilMs: 0, sessionId: null });
      return true;
    },

    async findCode(codeHash) {
      const code = codes.get(codeHash);
      if (code === undefined) return undefined;
      const { issuer, subject, preferredUsername } = code;
      const account = find(code);
      const user = account && users.findUser(account.userId);
      return { issuer, subject, preferredUsername, user: user && { ...user } };
    },

    async redeemCode(presented, userId, session) {
      const code = usable(presented);
      if (code === undefined) return undefined;
      users.requireNewSession(session.id);
      code.usedAtMs = clock();
      code.sessionId = session.id;
      const user = users.findUser(userId);
      if (find(code)?.userId !== userId || user === undefined || user.disabledAt !== null) return undefined;
      return users.addSession(userId, session);
    },

    async openSignUp(presented, maxAgeSeconds) {
      const code = usable(presented);
      if (code === undefined || find(code) !== undefined) return false;
      code.usedAtMs = clock();
      code.signUpUntilMs = clock() + maxAgeSeconds * 1000;
      return true;
    },

    async signUpWithCode({ codeHash, challenge }, { id, username }, session) {
      const code = codes.get(codeHash);
      if (code?.challenge !== challenge || clock() >= code.signUpUntilMs || find(code) !== undefined) {
        return "code_invalid";
      }
      users.requireNewSession(session.id);
      const user = users.addUser({ id, username, passwordHash: null });
      if (user === "username_taken") return user;
      code.signUpUntilMs = 0;
      code.sessionId = session.id;
      link(code, id);
      return { user, session: users.addSession(id, session) };
    },

    async linkWithCode(presented, owner) {
      const { userId } = owner;
      const code = usable(presented);
      if (code === undefined) return "code_invalid";
      if (!users.stands(owner)) return "session_ended";
      code.usedAtMs = clock();
      const account = find(code);
      if (account !== undefined) return account.userId === userId ? "linked" : "of_another_user";
      if (accounts.some((other) => other.userId === userId && other.issuer === code.issuer)) return "another_is_linked";
      link(code, userId);
      return "linked";
    },

    async endReplayedCode(codeHash) {
      const code = codes.get(codeHash);
      if (code === undefined || code.usedAtMs === null) return undefined;
      code.signUpUntilMs = 0;
      const { sessionId } = code;
      return { sessionId, ended: sessionId === null ? 0 : users.endSessions({ sessionId }) };
    },

    async listProviders(userId) {
      return accounts
        .filter((account) => account.userId === userId)
        .map(({ issuer, linkedAt }) => ({ issuer, linkedAt }))
        .toSorted((a, b) => (a.issuer < b.issuer ? -1 : 1));
    },

    async unlinkProvider(owner, issuer, usableIssuers) {
      const { userId, sessionId } = owner;
      if (!users.stands(owner)) return "session_ended";
      const isMeant = (account: Account) => account.userId === userId && account.issuer === issuer;
      if (!accounts.some(isMeant)) return "not_linked";
      const hasOther = accounts.some(
        (account) => account.userId === userId && account.issuer !== issuer && usableIssuers.includes(account.issuer),
      );
      if (!hasOther && (users.findUser(userId)?.passwordHash ?? null) === null) return "last_way_in";
      accounts = accounts.filter((account) => !isMeant(account));
      return { ended: users.endSessions({ userId, exceptSessionId: sessionId, amr: "fed" }) };
    },

    async setFirstPassword(owner, passwordHash) {
      if (!users.stands(owner)) return "session_ended";
      if (users.findUser(owner.userId)?.passwordHash !== null) return "password_exists";
      users.setPassword(owner.userId, passwordHash);
      return "set";
    },
  };
}
