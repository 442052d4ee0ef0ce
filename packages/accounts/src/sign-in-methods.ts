// What somebody signs in with: a password, accounts elsewhere. To change it, one must have signed in lately: a thief with an old session
// must not be able to make it their own for good.

import type { AccessTokenClaims } from "@signet/auth/claims";
import type { Clock } from "@signet/auth/clock";
import { AuthError } from "@signet/auth/errors";
import type { AuditLog } from "./audit-events.ts";
import type { Budgets } from "./budgets.ts";
import { giveBack } from "./charged-work.ts";
import { type HandOver, presentedCode } from "./hand-over-code.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { requireAcceptablePassword } from "./password-policy.ts";
import type { ProviderSignIns } from "./provider-sign-ins.ts";
import { codeInvalid, type RefuseCode } from "./refused-code.ts";
import type { AccountStore, LinkedProvider, ProviderAccountStore, SessionOwner } from "./stores.ts";

/** A sign-in is fresh for so long. */
export const freshSignInSeconds = 10 * 60;

/** Of an access token that was verified. That its session still stands is looked at in the moment in which something changes. */
type Caller = Pick<AccessTokenClaims, "sub" | "sid" | "auth_time">;

export interface SignInMethods {
  /** @throws AuthError `storage_unavailable` */
  list(userId: string): Promise<SignInMethodList>;
  /**
   * Links the account elsewhere that a hand-over code is for. An equal name or e-mail address links nothing, ever: only this does.
   *
   * @throws AuthError `reauthentication_required` | `rate_limited` | `code_invalid` | `provider_account_taken` | `token_revoked` |
   *   `storage_unavailable`
   */
  link(caller: Caller, handOver: HandOver, address: string | null): Promise<{ issuer: string; label: string }>;
  /**
   * Unlinks an account elsewhere, and ends the caller's other sessions that began at a provider: whoever had it may be in one.
   *
   * @returns whether it was linked, and how many sessions ended
   * @throws AuthError `reauthentication_required` | `last_way_in` | `token_revoked` | `storage_unavailable`
   */
  unlink(caller: Caller, issuer: string): Promise<{ unlinked: boolean; ended: number }>;
  /**
   * Sets a first password.
   *
   * @throws AuthError `reauthentication_required` | `password_unacceptable` | `password_exists` | `rate_limited` | `busy` |
   *   `token_revoked` | `storage_unavailable`
   */
  setPassword(caller: Caller, newPassword: string): Promise<void>;
}

export interface SignInMethodList {
  /** Whether there is one. */
  password: boolean;
  providers: (LinkedProvider & {
    /** Its name here; `null` for one that is not configured any more. */
    provider: string | null;
    label: string;
  })[];
}

export interface SignInMethodsOptions {
  store: ProviderAccountStore & Pick<AccountStore, "findUser">;
  providers: Pick<ProviderSignIns, "issuers" | "findByIssuer">;
  refuseCode: RefuseCode;
  hasher: Pick<PasswordHasher, "hash">;
  passwordMinLength: number;
  clock: Clock;
  budgets: Budgets;
  audit: AuditLog;
  /** Called after sessions have ended, so that it need not wait for the next poll. */
  onSessionsEnded(): void;
}

export function createSignInMethods(options: SignInMethodsOptions): SignInMethods {
  const { store, providers, refuseCode, hasher, passwordMinLength, clock, budgets, audit, onSessionsEnded } = options;

  function requireFresh({ auth_time: signedInAt }: Caller): void {
    if (clock() / 1000 - signedInAt < freshSignInSeconds) return;
    throw new AuthError("reauthentication_required", "Please sign in again to change how you sign in.");
  }

  const labelOf = (issuer: string) => providers.findByIssuer(issuer)?.label ?? new URL(issuer).host;

  return {
    async list(userId) {
      const [user, linked] = await Promise.all([store.findUser(userId), store.listProviders(userId)]);
      return {
        password: (user?.passwordHash ?? null) !== null,
        providers: linked.map(({ issuer, linkedAt }) => ({
          issuer,
          provider: providers.findByIssuer(issuer)?.provider ?? null,
          label: labelOf(issuer),
          linkedAt,
        })),
      };
    },

    async link(caller, handOver, address) {
      requireFresh(caller);
      const charge = await budgets.charge({ operation: "redeem", address });
      const presented = presentedCode(handOver);
      const found = await store.findCode(presented.codeHash);
      if (found === undefined) throw codeInvalid();
      const { issuer } = found;
      const result = await store.linkWithCode(presented, ownerOf(caller));
      if (result === "session_ended") throw sessionEnded();
      if (result === "code_invalid") throw await refuseCode(presented.codeHash, found.user?.id);
      await giveBack(charge);
      if (result !== "linked") throw accountTaken(result, labelOf(issuer));
      audit.record({ kind: "provider_linked", userId: caller.sub, sessionId: caller.sid, address, detail: { issuer } });
      return { issuer, label: labelOf(issuer) };
    },

    async unlink(caller, issuer) {
      requireFresh(caller);
      const result = await store.unlinkProvider(ownerOf(caller), issuer, providers.issuers());
      if (result === "session_ended") throw sessionEnded();
      if (result === "not_linked") return { unlinked: false, ended: 0 };
      if (result === "last_way_in") {
        throw new AuthError("last_way_in", "Nothing else is left to sign in with. Set a password first.");
      }
      const { ended } = result;
      if (ended > 0) onSessionsEnded();
      const detail = { issuer, ended };
      audit.record({ kind: "provider_unlinked", userId: caller.sub, sessionId: caller.sid, detail });
      return { unlinked: true, ended };
    },

    async setPassword(caller, newPassword) {
      requireFresh(caller);
      const user = await store.findUser(caller.sub);
      if (user === undefined || user.passwordHash !== null) throw passwordExists();
      requireAcceptablePassword(newPassword, passwordMinLength, user.username, "newPassword");
      const charge = await budgets.charge({ operation: "change_password", sessionId: caller.sid });
      const passwordHash = await hasher.hash(newPassword);
      // A hash takes a while, in which its owner may have ended the session.
      const result = await store.setFirstPassword(ownerOf(caller), passwordHash);
      if (result === "session_ended") throw sessionEnded();
      if (result === "password_exists") throw passwordExists();
      await giveBack(charge);
      audit.record({ kind: "password_set", userId: user.id, sessionId: caller.sid });
    },
  };
}

function ownerOf({ sub, sid }: Caller): SessionOwner {
  return { userId: sub, sessionId: sid };
}

function sessionEnded(): AuthError {
  return new AuthError("token_revoked", "The session has ended.");
}

function accountTaken(problem: "of_another_user" | "another_is_linked", label: string): AuthError {
  const detail =
    problem === "of_another_user"
      ? `This account at ${label} belongs to another user here.`
      : `Another account at ${label} is linked already. Unlink it first.`;
  return new AuthError("provider_account_taken", detail, { problem });
}

function passwordExists(): AuthError {
  return new AuthError("password_exists", "There is a password already. Change it instead.");
}
