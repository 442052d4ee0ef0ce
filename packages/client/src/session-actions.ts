// What a signed-in person does with sessions: look at them, end them, change the password.

import type { AuthApi, Ended, IssuedToken, Outcome, SessionInfo } from "./auth-api.ts";
import { AuthClientError } from "./auth-client-error.ts";
import type { AuthUser } from "./auth-state.ts";
import type { BearerCall } from "./bearer-call.ts";
import type { RefreshLock } from "./refresh-lock.ts";
import { decodeUnverified } from "./token-shape.ts";

export interface SessionActions {
  listSessions(): Promise<SessionInfo[]>;
  endSession(sessionId: string): Promise<Ended>;
  signOutOthers(): Promise<Ended>;
  signOutEverywhere(): Promise<Ended>;
  changePassword(currentPassword: string, newPassword: string): Promise<AuthUser>;
}

export interface SessionActionsOptions {
  api: AuthApi;
  lock: RefreshLock;
  authorization(): Promise<{ token: string | null; identity: number }>;
  call: BearerCall;
  identity(): number;
  /** Counts sign-ins and sign-outs. */
  decisions(): number;
  /** Goes on in this session; all former ones have ended. */
  replace(issued: IssuedToken, decidedBefore: number): Promise<AuthUser>;
  /** The server has ended this session: leaves it here too. */
  leave(): void;
}

export function createSessionActions(options: SessionActionsOptions): SessionActions {
  const { api, lock, authorization, call, identity } = options;

  /** Ends this session among others. Under the lock, so that no tab takes the end for somebody else's doing. */
  function endOwn(send: (token: string) => Promise<Outcome<Ended>>): Promise<Ended> {
    return call((token) =>
      lock.run(async () => {
        const outcome = await send(token);
        if (outcome.kind === "done") options.leave();
        return outcome;
      }),
    );
  }

  return {
    async listSessions() {
      const before = (await authorization()).identity;
      const sessions = await call(api.listSessions);
      if (identity() === before) return sessions;
      throw new AuthClientError("superseded", "Somebody else is here now.");
    },
    async endSession(sessionId) {
      const { token } = await authorization();
      const own = decodeUnverified(token)?.sessionId === sessionId;
      return (own ? endOwn : call)((bearer) => api.endSession(bearer, sessionId));
    },
    signOutOthers: () => call(api.signOutOthers),
    signOutEverywhere: () => endOwn(api.signOutEverywhere),
    async changePassword(currentPassword, newPassword) {
      let replaced: Promise<AuthUser> | undefined;
      const decidedBefore = options.decisions();
      // Under the lock: the other tabs' session ends with this, and they find the new one when they want to renew it.
      await call((token) =>
        lock.run(async () => {
          const outcome = await api.changePassword(token, currentPassword, newPassword);
          if (outcome.kind === "done") replaced = options.replace(outcome.value, decidedBefore);
          // It is waited for below, when the lock is given back: checking a token may need the lock.
          replaced?.catch(() => {});
          return outcome;
        }),
      );
      if (replaced === undefined) throw new AuthClientError("unreachable", "The server did not answer.");
      return replaced;
    },
  };
}
