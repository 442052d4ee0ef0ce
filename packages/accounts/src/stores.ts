// What this room needs from storage, and nothing more. `@signet/db` implements it on PostgreSQL,
// `memory-account-store.ts` and `memory-counter-store.ts` in memory; both pass the same contract suites.

export type { AuditEvent, AuditKind, AuditLog } from "./audit-events.ts";
export type {
  FoundCode,
  LinkedProvider,
  LinkResult,
  NewHandOverCode,
  PresentedCode,
  ProviderAccountStore,
  SessionOwner,
  UnlinkResult,
} from "./provider-stores.ts";

/** A person who can sign in. */
export interface User {
  /** Opaque and never reused; the `sub` of every token. */
  id: string;
  /** Normalised (see `normalizeUsername`); unique. */
  username: string;
  /** PHC string with its own parameters; `null` for who came by a provider and has set none. */
  passwordHash: string | null;
  /** Goes up by one whenever the password changes; a mere re-hash leaves it. */
  passwordVersion: number;
  /** Granted scopes, none by default. */
  scope: readonly string[];
  createdAt: Date;
  /** Set while the user may not sign in. */
  disabledAt: Date | null;
}

/** How somebody has shown who they are: by password, or at a provider (`amr`, RFC 8176 §2 has `pwd`). */
export type AuthenticationMethod = "pwd" | "fed";

/** One sign-in on one device. */
export interface Session {
  /** The `sid` of every token made in it; new at each sign-in. */
  id: string;
  userId: string;
  createdAt: Date;
  lastUsedAt: Date;
  /** The session ends here at the latest, however much it is used. */
  expiresAt: Date;
  endedAt: Date | null;
  /** What the sign-in came from, for the person to recognise: at most 200 characters. */
  device: string | null;
  /** The client's address at the sign-in, then at the last refresh. */
  address: string | null;
  /** How it began. */
  amr: AuthenticationMethod;
}

/** What a row keeps of its refresh tokens: enough to know them again and to make the newest once more, and none of them. */
export interface RefreshState {
  /** 16 random bytes that go into every token of the session. */
  salt: Uint8Array;
  /** Of the newest token; goes up by one with each. */
  counter: number;
  /** SHA-256 of the newest token. */
  currentHash: string;
  /** SHA-256 of the token before it. */
  previousHash: string | null;
  /** The secret that the newest token was made with. */
  secretId: string;
  /** SHA-256 of the attempt that asked for the newest token. */
  attemptHash: string | null;
  /** When the newest token was made. */
  movedAt: Date;
  /** The session ends here when it is not refreshed before. */
  idleExpiresAt: Date;
}

/** A session as it is read for a decision: with its user, and the moment of reading on the database's clock. */
export interface StoredSession extends Session {
  user: Pick<User, "id" | "username" | "scope" | "disabledAt">;
  /** `null` for a session that cannot be refreshed. */
  refresh: RefreshState | null;
  now: Date;
}

export type NewUser = Pick<User, "id" | "username"> & { passwordHash: string };

export type NewSession = Pick<Session, "id" | "device" | "address" | "amr"> & {
  /** Counted from the database's clock. */
  maxAgeSeconds: number;
  /** The first refresh token's marks, `null` for a session without one. */
  refresh: (Pick<RefreshState, "salt" | "currentHash" | "secretId"> & { idleSeconds: number }) | null;
};

/** The next refresh token's marks, and what is known of who asked for it. */
export type NextRefresh = Pick<RefreshState, "currentHash" | "secretId" | "attemptHash"> & {
  idleSeconds: number;
  address: string | null;
};

/**
 * That something has ended, for every verifier to know. Numbered in the order in which it was committed, without gaps. Those of
 * sessions are kept for 1,020 seconds: the most that an access token may live, 900, and a margin for clocks.
 */
export interface StoredRevocation {
  seq: number;
  kind: "session" | "token" | "key";
  id: string;
  /** NumericDate seconds: no token that it covers is good after that. Null for never. */
  expiresAt: number | null;
}

/** An access token that is ended by itself; its session goes on. */
export interface RevokedToken {
  /** Its `jti`. */
  id: string;
  /** Its `exp`, NumericDate seconds. The revocation is kept 120 seconds longer, for clocks that are late. */
  expiresAt: number;
}

/** Which sessions to end: one of anybody, one of this user, all of this user, or all but one; `amr` only those that began so. */
export type WhichSessions =
  | { sessionId: string; userId?: string }
  | { userId: string; exceptSessionId?: string; amr?: AuthenticationMethod };

export interface AccountStore {
  findByUsername(username: string): Promise<User | undefined>;

  findUser(userId: string): Promise<User | undefined>;

  /**
   * Adds the user with a first session, both or neither. Of several at once with one username exactly one wins.
   */
  createUser(user: NewUser, session: NewSession): Promise<{ user: User; session: Session } | "username_taken">;

  /**
   * Adds a session, only while the user's password version is still `passwordVersion` and the user is not disabled;
   * the check holds until the session stands (a shared row lock), so a sign-in with an old password cannot slip past
   * a change of it.
   *
   * @returns `undefined` when the user is gone or disabled, or the password has changed.
   */
  createSession(userId: string, passwordVersion: number, session: NewSession): Promise<Session | undefined>;

  /** Stores a new hash of the same password, only if the stored one is still `from`. */
  replacePasswordHash(userId: string, from: string, to: string): Promise<void>;

  /**
   * Stores a new password, only while the password version is still `passwordVersion` and the user is not disabled; ends all
   * sessions, among them any that a sign-in with the old password is just beginning, and adds a new one. All or nothing.
   *
   * @returns `undefined` when the user is gone or disabled, or the password has changed since.
   */
  changePassword(
    user: { id: string; passwordVersion: number; passwordHash: string },
    session: NewSession,
  ): Promise<{ user: User; session: Session; ended: number } | undefined>;

  /** The user may not sign in any more, and every session ends. @returns how many did */
  disableUser(userId: string): Promise<number>;

  /** The user may sign in again; what has ended stays so. @returns whether the user was disabled before */
  enableUser(userId: string): Promise<boolean>;

  /** Adds the user without a session. Of several at once with one username exactly one wins. */
  addUser(user: NewUser): Promise<User | "username_taken">;

  /** Replaces what is granted. Tokens that are out keep what they say; the next ones say this. */
  setScope(userId: string, scope: readonly string[]): Promise<void>;

  /** Users by name, in the order of its code points, those after `after`. */
  listUsers(after: string, limit: number): Promise<User[]>;
}

/**
 * Sessions after they have begun. Only the database's clock decides about time here, and an ended session stays ended.
 * Ending one and writing its revocation happen together or not at all.
 */
export interface SessionStore {
  /** Also one that has ended. */
  findSession(sessionId: string): Promise<StoredSession | undefined>;

  /**
   * Moves the session on to its next refresh token, in one conditional statement: only while the newest token is still the
   * one that was read, the session has not ended, neither limit has passed and the user is not disabled.
   *
   * @returns the session as it is now, `undefined` when one of these did not hold
   */
  rotateRefreshToken(
    sessionId: string,
    from: Pick<RefreshState, "counter" | "currentHash">,
    to: NextRefresh,
  ): Promise<StoredSession | undefined>;

  /** Ends those that have not ended yet, on no other condition. @returns how many did */
  endSessions(which: WhichSessions): Promise<number>;

  /** Writes the revocation of one access token, once, while anybody could still take it. @returns whether it was written now */
  revokeToken(token: RevokedToken): Promise<boolean>;

  /** Whether such a revocation is kept. */
  isTokenRevoked(tokenId: string): Promise<boolean>;

  /** Those of a user that have not ended, last used first, the newest 200. */
  listSessions(userId: string): Promise<Session[]>;
}

/** So many of something, on somebody, within a time that begins with the first. */
export interface Counter {
  /** What is counted, and on whom. */
  key: string;
  most: number;
  windowSeconds: number;
}

export interface FullCounter extends Counter {
  secondsLeft: number;
}

/** One that was counted, in the window that ends then. */
export interface CountedCounter extends Counter {
  /** Milliseconds since 1970. */
  until: number;
}

/** Counts attempts. */
export interface CounterStore {
  /**
   * Counts one more on each where all have room, and else on none. Of any number at once as many are counted as there is room for.
   *
   * @returns all as counted, or those that had no room
   * @throws AuthError `storage_unavailable`
   */
  count(counters: readonly Counter[]): Promise<{ counted: CountedCounter[]; full: FullCounter[] }>;
  /** Takes one back from each; where its window is over, nothing. @throws AuthError `storage_unavailable` */
  takeBack(counted: readonly CountedCounter[]): Promise<void>;
}
