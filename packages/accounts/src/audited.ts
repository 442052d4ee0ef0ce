// Accounts that write down what concerns somebody's safety, once it has happened.

import { isAuthError } from "@signet/auth/errors";
import type { Accounts } from "./accounts.ts";
import type { AuditEvent, AuditKind, AuditLog } from "./audit-events.ts";
import { CredentialsError } from "./credentials-error.ts";
import type { ProviderSignInProblem } from "./provider-sign-ins.ts";
import type { Client, IssuedToken } from "./session-start.ts";
import type { SessionIncident, Sessions } from "./sessions.ts";

/** Refusals that say something about who asks. Others, such as a busy server, say nothing; the log has them. */
const tellingReasons = new Set(["credentials_invalid", "code_invalid", "rate_limited"]);

type Entrances = Pick<Accounts, "issueToken" | "changePassword" | "redeem">;

/** The same entrances, with an event for each failure. What succeeds is written where the user is known: see `recordEntrance`. */
export function withAuditedFailures({ issueToken, changePassword, redeem }: Entrances, audit: AuditLog): Entrances {
  async function audited(kind: AuditKind, { address, device }: Client, attempt: Promise<IssuedToken>, userId?: string) {
    try {
      return await attempt;
    } catch (error) {
      if (isAuthError(error) && tellingReasons.has(error.reason)) {
        const about = userId ?? (error instanceof CredentialsError ? error.userId : undefined);
        audit.record({ kind, address, device, ...idOf(about), detail: { reason: error.reason } });
      }
      throw error;
    }
  }

  return {
    issueToken: (credentials, client, options) =>
      audited("sign_in_failed", client, issueToken(credentials, client, options)),
    redeem: (handOver, client, options) => audited("sign_in_failed", client, redeem(handOver, client, options)),
    changePassword: (claims, passwords, client, options) =>
      audited("password_change_failed", client, changePassword(claims, passwords, client, options), claims.sub),
  };
}

/** The same sessions, with an event for each that was ended by somebody. */
export function withAuditedEndings(sessions: Sessions, audit: AuditLog): Sessions {
  async function audited(event: AuditEvent, ending: Promise<number>): Promise<number> {
    const ended = await ending;
    if (ended > 0) audit.record({ ...event, detail: { ...event.detail, ended, by: "user" } });
    return ended;
  }

  return {
    ...sessions,
    revokeToken: (claims) =>
      audited({ kind: "token_revoked", detail: { tokenId: claims.jti } }, sessions.revokeToken(claims)),
    end: (userId, sessionId) => audited({ kind: "session_ended", userId, sessionId }, sessions.end(userId, sessionId)),
    endOthers: (userId, sessionId) =>
      audited({ kind: "sessions_ended", userId, detail: { except: sessionId } }, sessions.endOthers(userId, sessionId)),
    endAll: (userId) => audited({ kind: "sessions_ended", userId }, sessions.endAll(userId)),
  };
}

export function toAuditEvent({ kind, sessionId, userId, address }: SessionIncident): AuditEvent {
  return { kind: kind === "reuse" ? "refresh_reuse" : "refresh_repeated_elsewhere", userId, sessionId, address };
}

/** What came to nothing at a provider, or on the way from it. */
export function toProviderEvent({ provider, problem, client }: ProviderSignInProblem): AuditEvent {
  const { address, device } = client;
  return { kind: "sign_in_failed", address, device, detail: { provider, problem } };
}

function idOf(userId: string | undefined): { userId?: string } {
  return userId === undefined ? {} : { userId };
}
