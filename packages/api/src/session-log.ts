// Who came in, who stayed, who left and who did not get in, in the log: session, address, reason. Never what was typed, not even
// the name: people type passwords into the wrong field.

import type { Accounts, Client, IssuedToken } from "@signet/accounts";
import type { Logger } from "pino";
import { refusalOf } from "./auth-errors.ts";
import type { Metrics, SessionEvent } from "./metrics.ts";

/** The same accounts, with a log line for each thing that happens to a session, and a count. */
export function withSessionLog(accounts: Accounts, log: Logger, metrics: Metrics): Accounts {
  async function logged(event: SessionEvent, { address }: Client, attempt: Promise<IssuedToken>): Promise<IssuedToken> {
    try {
      const issued = await attempt;
      log.info({ event, result: "ok", sessionId: issued.sessionId, address });
      metrics.countEvent(event, "ok");
      return issued;
    } catch (error) {
      const { reason } = refusalOf(error);
      log.info({ event, result: reason, address });
      metrics.countEvent(event, reason);
      throw error;
    }
  }

  async function counted(event: SessionEvent, details: object, ending: Promise<number>): Promise<number> {
    const ended = await ending;
    log.info({ event, ended, ...details });
    metrics.countEnded(event, ended);
    return ended;
  }

  const { sessions } = accounts;
  return {
    ...accounts,
    signUp: (credentials, client, options) => logged("sign_up", client, accounts.signUp(credentials, client, options)),
    issueToken: (credentials, client, options) =>
      logged("sign_in", client, accounts.issueToken(credentials, client, options)),
    changePassword: (claims, passwords, client, options) =>
      logged("change_password", client, accounts.changePassword(claims, passwords, client, options)),
    redeem: (handOver, client, options) => logged("redeem", client, accounts.redeem(handOver, client, options)),
    signUpWithProvider: (input, client, options) =>
      logged("sign_up_with_provider", client, accounts.signUpWithProvider(input, client, options)),
    sessions: {
      ...sessions,
      refresh: (token, client, options) => logged("refresh", client, sessions.refresh(token, client, options)),
      endByRefreshToken: (token) => counted("sign_out", {}, sessions.endByRefreshToken(token)),
      revokeToken: (claims) => counted("revoke_token", { tokenId: claims.jti }, sessions.revokeToken(claims)),
      end: (userId, sessionId) => counted("end_session", { sessionId }, sessions.end(userId, sessionId)),
      endOthers: (userId, sessionId) => counted("end_others", { sessionId }, sessions.endOthers(userId, sessionId)),
      endAll: (userId) => counted("end_all", { userId }, sessions.endAll(userId)),
    },
  };
}
