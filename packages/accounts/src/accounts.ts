// Signing up, signing in and changing the password: each ends with a new session, and the tokens of it.

import { randomBytes } from "node:crypto";
import type { AccessTokenClaims } from "@signet/auth/claims";
import type { Clock } from "@signet/auth/clock";
import { AuthError, isAuthError } from "@signet/auth/errors";
import type { AccessTokenSigner } from "@signet/auth/sign";
import { withoutEchoes } from "./audit-echoes.ts";
import { type AuditLog, noAuditLog } from "./audit-events.ts";
import { toAuditEvent, toProviderEvent, withAuditedEndings, withAuditedFailures } from "./audited.ts";
import type { Budgets, Charge } from "./budgets.ts";
import { giveBack, unlessTried } from "./charged-work.ts";
import { CredentialsError } from "./credentials-error.ts";
import { createKnownDevices } from "./known-devices.ts";
import type { IdentityProvider } from "./oidc/identity-provider.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { canBePassword, maxPasswordBytes, requireAcceptablePassword } from "./password-policy.ts";
import { createProviderEntrances, type ProviderEntrances } from "./provider-entrances.ts";
import { createProviderSignIns, type ProviderSignInProblem, type ProviderSignIns } from "./provider-sign-ins.ts";
import { createRefreshTokens } from "./refresh-token.ts";
import { createRefuseCode } from "./refused-code.ts";
import { type BegunSession, type Client, createSessionStart, type IssuedToken, randomId } from "./session-start.ts";
import { createSessions, type SessionIncident, type Sessions } from "./sessions.ts";
import { createSignInMethods, type SignInMethods } from "./sign-in-methods.ts";
import type { AccountStore, ProviderAccountStore, Session, SessionStore, User } from "./stores.ts";
import { findUsername, normalizeUsername, usernameTaken } from "./username.ts";

export interface Credentials {
  username: string;
  password: string;
}

export interface AccountsOptions {
  store: AccountStore & SessionStore & ProviderAccountStore;
  signer: AccessTokenSigner;
  /** The first makes refresh tokens, the others are still accepted. */
  secrets: readonly string[];
  hasher: PasswordHasher;
  clock: Clock;
  /** In code points, 8 to 64. */
  passwordMinLength: number;
  /** A session ends after this many seconds at the latest. */
  sessionMaxSeconds: number;
  /** And after this many in which it was not refreshed. */
  sessionIdleSeconds: number;
  /** Where else people may sign in. Default: nowhere. */
  providers?: readonly IdentityProvider[];
  /** Default: no limits. */
  budgets?: Budgets;
  /** Called when sessions were ended through these accounts, so that this process need not wait for its next poll. */
  onSessionsEnded?: () => void;
  /** Told about refresh tokens that were used twice. */
  onIncident?: (incident: SessionIncident) => void;
  /** Told about sign-ins with a provider that came to nothing. */
  onProviderProblem?: (problem: ProviderSignInProblem) => void;
  /** Where security events are written down. Default: nowhere. */
  audit?: AuditLog;
}

/** What a new session is to be. */
export interface SessionOptions {
  /** Whether it gets a refresh token; without one it is over with its access token. Default true. */
  refreshable?: boolean;
  /** What the device keeps from sign-ins before, by name; whatever it is. Default nothing. */
  deviceMarks?: ReadonlyMap<string, string>;
}

export interface Accounts extends ProviderEntrances {
  /**
   * Makes an account and signs it in.
   *
   * @throws AuthError `input_invalid` | `password_unacceptable` | `rate_limited` | `username_taken` | `busy` | `storage_unavailable` |
   *   `keys_unavailable`
   */
  signUp(credentials: Credentials, client: Client, options?: SessionOptions): Promise<IssuedToken>;

  /**
   * Signs in. Unknown user, wrong password and disabled user get the same answer after the same work.
   *
   * @throws AuthError `input_invalid` (text that no password can be) | `rate_limited` | `credentials_invalid` | `busy` |
   *   `storage_unavailable` | `keys_unavailable`
   */
  issueToken(credentials: Credentials, client: Client, options?: SessionOptions): Promise<IssuedToken>;

  /**
   * Changes the password of somebody who is signed in, ends all their sessions, and signs them in anew.
   *
   * Does not check: the claims, of an access token that was verified before, with a session that still stands.
   *
   * @throws AuthError `password_unacceptable` | `rate_limited` | `credentials_invalid` (the current password is wrong, or
   *   somebody changed it meanwhile) | `busy` | `storage_unavailable` | `keys_unavailable`
   */
  changePassword(
    claims: Pick<AccessTokenClaims, "sub" | "sid">,
    passwords: { currentPassword: string; newPassword: string },
    client: Client,
    options?: SessionOptions,
  ): Promise<IssuedToken>;

  sessions: Sessions;

  /** Away to a provider, and back with a hand-over code. */
  providers: ProviderSignIns;

  /** What somebody signs in with. */
  methods: SignInMethods;
}

const noLimits: Budgets = { charge: async () => ({ giveBack: async () => undefined }) };
const noMarks: ReadonlyMap<string, string> = new Map();

/** @throws TypeError when an option is out of range */
export function createAccounts(options: AccountsOptions): Accounts {
  const { store, signer, hasher, clock, passwordMinLength, sessionMaxSeconds, sessionIdleSeconds } = options;
  const { budgets = noLimits, onSessionsEnded = nothing, onIncident = nothing } = options;
  const audit = withoutEchoes(options.audit ?? noAuditLog, clock);
  const { providers: identityProviders = [], onProviderProblem = nothing } = options;
  requireRange("passwordMinLength", passwordMinLength, 8, 64);
  requireRange("sessionMaxSeconds", sessionMaxSeconds, 1, Number.MAX_SAFE_INTEGER);
  requireRange("sessionIdleSeconds", sessionIdleSeconds, 1, Number.MAX_SAFE_INTEGER);
  const limits = { maxSeconds: sessionMaxSeconds, idleSeconds: sessionIdleSeconds };
  const refreshTokens = createRefreshTokens(options.secrets);
  const start = createSessionStart({ signer, refreshTokens, limits });
  const decoyHash = createDecoy(hasher);
  const knownDevices = createKnownDevices(options.secrets, clock);

  const entrances: Pick<Accounts, "signUp" | "issueToken" | "changePassword"> = {
    async signUp(credentials, client, { refreshable = true } = {}) {
      const username = normalizeUsername(credentials.username);
      requireAcceptablePassword(credentials.password, passwordMinLength, username);
      const charge = await budgets.charge({ operation: "sign_up", address: client.address });

      return unlessTried(charge, ["username_taken"], async () => {
        if ((await store.findByUsername(username)) !== undefined) throw usernameTaken();
        const passwordHash = await hasher.hash(credentials.password);
        const id = randomId();
        const begun = start.newSession(id, client, { refreshable, amr: "pwd" });
        const created = await store.createUser({ id, username, passwordHash }, begun.session);
        if (created === "username_taken") throw usernameTaken();
        recordEntrance("sign_up", created.session);
        return answer(created.user, created.session, begun);
      });
    },

    async issueToken(credentials, client, { refreshable = true, deviceMarks = noMarks } = {}) {
      requirePossiblePassword(credentials.password, "password");
      const username = findUsername(credentials.username);
      const { user, charge } = await chargeSignIn(username, client, deviceMarks);

      return unlessTried(charge, ["credentials_invalid"], async () => {
        const hash = user?.passwordHash ?? (await decoyHash());
        const matches = await hasher.verify(hash, credentials.password);
        if (user === undefined || !matches || user.disabledAt !== null) throw new CredentialsError(user?.id);

        // The store looks again: the password may have changed, or the user been disabled, while we hashed.
        const begun = start.newSession(user.id, client, { refreshable, amr: "pwd" });
        const session = await store.createSession(user.id, user.passwordVersion, begun.session);
        if (session === undefined) throw new CredentialsError(user.id);
        recordEntrance("sign_in", session);
        await renewHash(user, credentials.password);
        await giveBack(charge);
        return answer(user, session, begun);
      });
    },

    async changePassword({ sub, sid }, { currentPassword, newPassword }, client, { refreshable = true } = {}) {
      requirePossiblePassword(currentPassword, "currentPassword");
      const user = await store.findUser(sub);
      if (user === undefined) throw currentPasswordWrong();
      requireAcceptablePassword(newPassword, passwordMinLength, user.username, "newPassword");
      const charge = await budgets.charge({ operation: "change_password", sessionId: sid });

      return unlessTried(charge, ["credentials_invalid"], async () => {
        const hash = user.passwordHash ?? (await decoyHash());
        if (!(await hasher.verify(hash, currentPassword))) throw currentPasswordWrong();
        const passwordHash = await hasher.hash(newPassword);
        const begun = start.newSession(user.id, client, { refreshable, amr: "pwd" });
        const change = { id: user.id, passwordVersion: user.passwordVersion, passwordHash };
        const changed = await store.changePassword(change, begun.session);
        if (changed === undefined) throw currentPasswordWrong();
        if (changed.ended > 0) onSessionsEnded();
        recordEntrance("password_changed", changed.session, { ended: changed.ended });
        await giveBack(charge);
        return answer(changed.user, changed.session, begun);
      });
    },
  };

  const sessions = createSessions({
    store,
    refreshTokens,
    start,
    limits,
    clock,
    budgets,
    onEnded: onSessionsEnded,
    onSignOut: ({ id: sessionId, userId }) => audit.record({ kind: "sign_out", userId, sessionId }),
    onIncident(incident) {
      audit.record(toAuditEvent(incident));
      onIncident(incident);
    },
  });

  const refuseCode = createRefuseCode({ store, audit, onSessionsEnded });
  const providers = createProviderSignIns({
    providers: identityProviders,
    store,
    secrets: options.secrets,
    clock,
    budgets,
    onProblem(problem) {
      audit.record(toProviderEvent(problem));
      onProviderProblem(problem);
    },
  });
  const allEntrances = {
    ...entrances,
    ...createProviderEntrances({ store, start, budgets, refuseCode, recordEntrance, answer }),
  };

  return {
    ...allEntrances,
    ...withAuditedFailures(allEntrances, audit),
    providers,
    methods: createSignInMethods({
      store,
      providers,
      refuseCode,
      hasher,
      passwordMinLength,
      clock,
      budgets,
      audit,
      onSessionsEnded,
    }),
    sessions: withAuditedEndings(sessions, audit),
  };

  /**
   * A device that says it is known is looked up first and charged by itself; everybody else is charged first, so that a flood does
   * not read the table of users.
   */
  async function chargeSignIn(
    username: string | undefined,
    { address }: Client,
    deviceMarks: ReadonlyMap<string, string>,
  ): Promise<{ user: User | undefined; charge: Charge }> {
    const find = () => (username === undefined ? undefined : store.findByUsername(username));
    const stranger = { operation: "sign_in", username: username ?? null, address } as const;
    const device = username === undefined ? undefined : knownDevices.find(deviceMarks, username);
    if (device === undefined) {
      const charge = await budgets.charge(stranger);
      return { user: await find(), charge };
    }
    const user = await find();
    const isKnown = user !== undefined && user.passwordVersion === device.passwordVersion;
    const charge = await budgets.charge(isKnown ? { ...stranger, deviceId: device.deviceId } : stranger);
    return { user, charge };
  }

  function recordEntrance(
    kind: "sign_up" | "sign_in" | "password_changed",
    { id: sessionId, userId, address, device }: Session,
    detail: { ended?: number; issuer?: string } = {},
  ): void {
    audit.record({ kind, userId, sessionId, address, device, detail });
  }

  async function answer(user: User, session: Session, { refreshToken }: BegunSession): Promise<IssuedToken> {
    const untilEnd = (session.expiresAt.getTime() - session.createdAt.getTime()) / 1000;
    const secondsLeft = { untilEnd, untilIdle: Math.min(untilEnd, sessionIdleSeconds) };
    const issued = await start.answer({ user, session, refreshToken, issuedAtMs: clock(), secondsLeft });
    return { ...issued, deviceMark: knownDevices.make(user.username, user.passwordVersion) };
  }

  /** Brings a hash of other parameters up to date, now that the password is known to be right. */
  async function renewHash(user: User, password: string): Promise<void> {
    const { passwordHash } = user;
    if (passwordHash === null || !hasher.needsRehash(passwordHash)) return;
    try {
      await store.replacePasswordHash(user.id, passwordHash, await hasher.hash(password));
    } catch (error) {
      // The sign-in stands, and the next one tries again.
      if (!isAuthError(error)) throw error;
    }
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

function requirePossiblePassword(password: string, field: string): void {
  if (canBePassword(password)) return;
  throw new AuthError(
    "input_invalid",
    `A password is text of 1 to ${maxPasswordBytes} bytes without control characters.`,
    {
      claim: field,
    },
  );
}

function currentPasswordWrong(): AuthError {
  return new AuthError("credentials_invalid", "The current password is wrong.", { claim: "currentPassword" });
}

function requireRange(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new TypeError(`${name} must be a whole number from ${least} to ${most}.`);
}

function nothing(): void {}
