// What this room needs from storage, and nothing more. `@signet/db` implements it on PostgreSQL,
// `memory-stores.ts` in memory; both pass the same contract suite.

/** A person who can sign in. */
export interface User {
  /** Opaque and never reused; the `sub` of every token. */
  id: string;
  /** Normalised (see `normalizeUsername`); unique. */
  username: string;
  /** PHC string with its own parameters. */
  passwordHash: string;
  /** Goes up by one whenever the password changes; a mere re-hash leaves it. */
  passwordVersion: number;
  /** Granted scopes, none by default. */
  scope: readonly string[];
  createdAt: Date;
  /** Set while the user may not sign in. */
  disabledAt: Date | null;
}

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
  /** The client's address at sign-in. */
  address: string | null;
}

export type NewUser = Pick<User, "id" | "username" | "passwordHash">;

export type NewSession = Pick<Session, "id" | "device" | "address"> & {
  /** Counted from the database's clock. */
  maxAgeSeconds: number;
};

export interface AccountStore {
  findByUsername(username: string): Promise<User | undefined>;

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
}
