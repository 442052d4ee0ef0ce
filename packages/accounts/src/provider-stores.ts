// What signing in with a provider needs from storage: hand-over codes, and which user each account elsewhere belongs to.

import type { NewSession, Session, User } from "./stores.ts";

/** An account elsewhere that a user signs in with. */
export interface LinkedProvider {
  issuer: string;
  linkedAt: Date;
}

/** That a browser has shown who it is at a provider. The code itself is stored nowhere. */
export interface NewHandOverCode {
  /** SHA-256 of the code, in base64url. */
  codeHash: string;
  /** SHA-256 of the transaction at the provider: each gives one code. */
  transactionHash: string;
  /** SHA-256 of the verifier that the browser keeps, in base64url. */
  challenge: string;
  issuer: string;
  subject: string;
  preferredUsername: string | null;
  /** Counted from the database's clock. */
  maxAgeSeconds: number;
}

/** What a browser presents, as it is compared: nothing of it is found without the code, and nothing is done without the verifier. */
export interface PresentedCode {
  codeHash: string;
  challenge: string;
}

/** Whom a code is for, used or not. */
export interface FoundCode {
  issuer: string;
  subject: string;
  preferredUsername: string | null;
  /** Whose account it is, if it is anybody's here. */
  user: User | undefined;
}

/** Who changes what they sign in with, and in which session: it is done only while that session stands, and whoever ends it waits. */
export interface SessionOwner {
  userId: string;
  sessionId: string;
}

export type LinkResult = "linked" | "code_invalid" | "of_another_user" | "another_is_linked" | "session_ended";
export type UnlinkResult = { ended: number } | "not_linked" | "last_way_in" | "session_ended";

/** Only the database's clock decides about time here. A code is used up and what it is used for is done together, or neither. */
export interface ProviderAccountStore {
  /** @returns false when its transaction has given a code before */
  addCode(code: NewHandOverCode): Promise<boolean>;

  findCode(codeHash: string): Promise<FoundCode | undefined>;

  /**
   * Uses a code up, once and within its time, and begins a session of its user, while the account elsewhere is still linked to that user
   * and the user is not disabled.
   *
   * @returns `undefined` when one of these did not hold
   */
  redeemCode(code: PresentedCode, userId: string, session: NewSession): Promise<Session | undefined>;

  /** Uses a code up whose account elsewhere is nobody's here, so that within these seconds an account may be made with it. @returns whether it did */
  openSignUp(code: PresentedCode, maxAgeSeconds: number): Promise<boolean>;

  /** Makes a user without a password, linked, with a first session: all or nothing. `username_taken` leaves the code as it is. */
  signUpWithCode(
    code: PresentedCode,
    user: Pick<User, "id" | "username">,
    session: NewSession,
  ): Promise<{ user: User; session: Session } | "username_taken" | "code_invalid">;

  /** Uses a code up and links its account to a user. One that is linked to this user already is `linked`. */
  linkWithCode(code: PresentedCode, owner: SessionOwner): Promise<LinkResult>;

  /**
   * A code came once more after it was used, or while it is: ends the session that was begun with it, and what might still be made of it.
   *
   * @returns that session and how many ended (1 or 0), `undefined` for a code that was not used
   */
  endReplayedCode(codeHash: string): Promise<{ sessionId: string | null; ended: number } | undefined>;

  /** Those of a user, by issuer. */
  listProviders(userId: string): Promise<LinkedProvider[]>;

  /**
   * Unlinks, unless nothing would be left to sign in with: neither a password nor a linked account of one of `usableIssuers`. The user's other
   * sessions that began at a provider end with it.
   *
   * @returns how many sessions ended
   */
  unlinkProvider(owner: SessionOwner, issuer: string, usableIssuers: readonly string[]): Promise<UnlinkResult>;

  /** Stores a first password, only while there is none and the user is not disabled. */
  setFirstPassword(owner: SessionOwner, passwordHash: string): Promise<"set" | "password_exists" | "session_ended">;
}
