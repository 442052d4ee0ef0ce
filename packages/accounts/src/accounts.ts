// Signing up and signing in: a username and a password become a session and an access token.

import { randomBytes } from "node:crypto";
import { type Clock, numericDate } from "@signet/auth/clock";
import { AuthError } from "@signet/auth/errors";
import type { AccessTokenSigner } from "@signet/auth/sign";
import type { PasswordHasher } from "./password-hasher.ts";
import { canBePassword, maxPasswordBytes, requireAcceptablePassword } from "./password-policy.ts";
import type { AccountStore, NewSession, Session, User } from "./stores.ts";
import { findUsername, normalizeUsername } from "./username.ts";

export interface Credentials {
  username: string;
  password: string;
}

/** Where a request came from, for the person to recognise the session by; neither decides anything. */
export interface Client {
  /** The name that the device gives itself, cut to 200 characters. */
  device: string | null;
  address: string | null;
}

export interface IssuedToken {
  accessToken: string;
  tokenType: "Bearer";
  /** Seconds from now. */
  expiresIn: number;
  /** NumericDate seconds. */
  expiresAt: number;
  sessionId: string;
}

/** Limits how often somebody may try. Charged before any hashing; real ones arrive later. */
export interface Budgets {
  /**
   * @param on Normalised username, `null` when it cannot be one.
   * @throws AuthError `rate_limited` with `retryAfterSeconds`
   */
  charge(operation: "sign_up" | "sign_in", on: { username: string | null; address: string | null }): Promise<void>;
}

export interface AccountsOptions {
  store: AccountStore;
  signer: AccessTokenSigner;
  hasher: PasswordHasher;
  clock: Clock;
  /** In code points, 8 to 64. */
  passwordMinLength: number;
  /** A session ends after this many seconds at the latest. */
  sessionMaxSeconds: number;
  /** Default: no limits. */
  budgets?: Budgets;
}

export interface Accounts {
  /**
   * Makes an account and signs it in.
   *
   * @throws AuthError `input_invalid` | `password_unacceptable` | `rate_limited` | `username_taken` | `busy` | `storage_unavailable` |
   *   `keys_unavailable`
   */
  signUp(credentials: Credentials, client: Client): Promise<IssuedToken>;

  /**
   * Signs in. Unknown user, wrong password and disabled user get the same answer after the same work.
   *
   * @throws AuthError `input_invalid` (text that no password can be) | `rate_limited` | `credentials_invalid` | `busy` |
   *   `storage_unavailable` | `keys_unavailable`
   */
  issueToken(credentials: Credentials, client: Client): Promise<IssuedToken>;
}

const maxDeviceLength = 200;
const noLimits: Budgets = { charge: () => Promise.resolve() };

/** @throws TypeError when an option is out of range */
export function createAccounts(options: AccountsOptions): Accounts {
  const { store, signer, hasher, clock, passwordMinLength, sessionMaxSeconds, budgets = noLimits } = options;
  requireRange("passwordMinLength", passwordMinLength, 8, 64);
  requireRange("sessionMaxSeconds", sessionMaxSeconds, 1, Number.MAX_SAFE_INTEGER);
  const decoyHash = createDecoy(hasher);

  return {
    async signUp(credentials, client) {
      const username = normalizeUsername(credentials.username);
      requireAcceptablePassword(credentials.password, passwordMinLength, username);
      await budgets.charge("sign_up", { username, address: client.address });

      if ((await store.findByUsername(username)) !== undefined) throw usernameTaken();
      const passwordHash = await hasher.hash(credentials.password);
      const created = await store.createUser({ id: randomId(), username, passwordHash }, newSession(client));
      if (created === "username_taken") throw usernameTaken();
      return issue(created.user, created.session);
    },

    async issueToken(credentials, client) {
      requirePossiblePassword(credentials.password);
      const username = findUsername(credentials.username);
      await budgets.charge("sign_in", { username: username ?? null, address: client.address });

      const user = username === undefined ? undefined : await store.findByUsername(username);
      const hash = user?.passwordHash ?? (await decoyHash());
      const matches = await hasher.verify(hash, credentials.password);
      if (user === undefined || !matches || user.disabledAt !== null) throw credentialsInvalid();

      // The store looks again: the password may have changed, or the user been disabled, while we hashed.
      const session = await store.createSession(user.id, user.passwordVersion, newSession(client));
      if (session === undefined) throw credentialsInvalid();
      await renewHash(user, credentials.password);
      return issue(user, session);
    },
  };

  function newSession({ device, address }: Client): NewSession {
    return {
      id: randomId(),
      device: device?.slice(0, maxDeviceLength) ?? null,
      address,
      maxAgeSeconds: sessionMaxSeconds,
    };
  }

  /** Brings a hash of other parameters up to date, now that the password is known to be right. */
  async function renewHash(user: User, password: string): Promise<void> {
    if (!hasher.needsRehash(user.passwordHash)) return;
    try {
      await store.replacePasswordHash(user.id, user.passwordHash, await hasher.hash(password));
    } catch (error) {
      // The sign-in stands, and the next one tries again.
      if (!(error instanceof AuthError)) throw error;
    }
  }

  async function issue(user: User, session: Session): Promise<IssuedToken> {
    const { accessToken, claims } = await signer.sign({
      subject: user.id,
      sessionId: session.id,
      username: user.username,
      scope: user.scope,
      authTime: numericDate(clock),
      amr: ["pwd"],
    });
    return {
      accessToken,
      tokenType: "Bearer",
      expiresIn: claims.exp - claims.iat,
      expiresAt: claims.exp,
      sessionId: session.id,
    };
  }
}

/**
 * A hash that no password opens, at today's cost: whoever names an unknown user waits as long as for a known one. Made at
 * start-up, so that the first such request does not take longer than all others.
 */
function createDecoy(hasher: PasswordHasher): () => Promise<string> {
  const make = () => hasher.hash(randomBytes(32).toString("base64url"));
  let decoy = make();
  decoy.catch(() => undefined);
  return () => {
    const current = decoy.catch(make);
    decoy = current;
    return current;
  };
}

function requirePossiblePassword(password: string): void {
  if (canBePassword(password)) return;
  throw new AuthError(
    "input_invalid",
    `A password is text of 1 to ${maxPasswordBytes} bytes without control characters.`,
    {
      claim: "password",
    },
  );
}

/** 128 random bits: of users and of sessions, and nothing that the client sent is part of it. */
function randomId(): string {
  return randomBytes(16).toString("base64url");
}

function credentialsInvalid(): AuthError {
  return new AuthError("credentials_invalid", "Username or password is wrong.");
}

function usernameTaken(): AuthError {
  return new AuthError("username_taken", "This username is taken. Choose another one.", { claim: "username" });
}

function requireRange(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new TypeError(`${name} must be a whole number from ${least} to ${most}.`);
}
