// The procedures that the client itself calls, over tRPC's wire format, one request each.

import type { AuthErrorReason } from "@signet/auth/errors";
import { type Answer, type ApiCall, refusalOf, type Unreachable, unreachable, unreachableError } from "./api-call.ts";
import type { AuthClientError } from "./auth-client-error.ts";
import type { AuthUser } from "./auth-state.ts";
import { isTime, recordOf } from "./json.ts";
import type { ServerClock } from "./server-clock.ts";
import { decodeUnverified } from "./token-shape.ts";

export interface Credentials {
  username: string;
  password: string;
}

/** What a sign-in with a provider is completed with: both are of use once, and together only. */
export interface HandedOver {
  code: string;
  verifier: string;
}

/** Where the refresh token goes: a cookie that no script sees, or the answer, for clients without cookies. */
export type RefreshTokenPlace = "cookie" | "body";

/** The answer of all procedures that begin a session; the refresh token where it came in the answer. */
export interface IssuedToken {
  accessToken: string;
  refreshToken: string | undefined;
}

/** One sign-in of the person, on one device. Times are NumericDate seconds. */
export interface SessionInfo {
  sessionId: string;
  createdAt: number;
  lastUsedAt: number;
  /** Such as "Firefox on Linux". */
  device: string | null;
  address: string | null;
  /** This very one. */
  current: boolean;
}

/** How many sessions a call has ended. */
export interface Ended {
  ended: number;
}

export type WhoamiAnswer =
  | { kind: "known"; user: AuthUser }
  | { kind: "refused"; reason: AuthErrorReason | undefined }
  | Unreachable;

/** What came of a call with a token. `retry`: it was the token that was refused, before anything ran. */
export type Outcome<T> = { kind: "done"; value: T } | { kind: "failed"; error: AuthClientError; retry: boolean };

export interface AuthApi {
  whoami(token: string): Promise<WhoamiAnswer>;
  /** @throws AuthClientError with the server's reason, or `unreachable`. */
  issueToken(credentials: Credentials): Promise<IssuedToken>;
  /** @throws AuthClientError with the server's reason, or `unreachable`. */
  signUp(credentials: Credentials): Promise<IssuedToken>;
  /** @throws AuthClientError with the server's reason, or `unreachable`. Never to be repeated. */
  redeem(handedOver: HandedOver): Promise<IssuedToken>;
  /** @throws AuthClientError with the server's reason, or `unreachable`. */
  signUpWithProvider(handedOver: HandedOver, username: string): Promise<IssuedToken>;
  linkProvider(token: string, handedOver: HandedOver): Promise<Outcome<{ label: string }>>;
  changePassword(token: string, currentPassword: string, newPassword: string): Promise<Outcome<IssuedToken>>;
  listSessions(token: string): Promise<Outcome<SessionInfo[]>>;
  signOutOthers(token: string): Promise<Outcome<Ended>>;
  signOutEverywhere(token: string): Promise<Outcome<Ended>>;
  endSession(token: string, sessionId: string): Promise<Outcome<Ended>>;
}

export interface AuthApiOptions {
  /** Where tRPC is mounted, without a trailing slash. */
  trpcUrl: string;
  refreshToken: RefreshTokenPlace;
  call: ApiCall;
  serverClock: ServerClock;
}

export function createAuthApi({ trpcUrl, refreshToken, call, serverClock }: AuthApiOptions): AuthApi {
  // Answers that may set a cookie; nothing else is sent or kept by the browser.
  const credentials = refreshToken === "cookie" ? "include" : "omit";

  function mutate(path: string, input: object | undefined, more: { token?: string; credentials?: RequestCredentials }) {
    return call(`${trpcUrl}/${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(more.token === undefined ? {} : { authorization: `Bearer ${more.token}` }),
      },
      ...(input === undefined ? {} : { body: JSON.stringify(input) }),
      ...(more.credentials === undefined ? {} : { credentials: more.credentials }),
    });
  }

  function parseIssued(data: unknown): IssuedToken | undefined {
    const { accessToken, expiresIn, expiresAt, refreshToken: inBody } = recordOf(data) ?? {};
    if (typeof accessToken !== "string" || decodeUnverified(accessToken) === null) return undefined;
    if (!isTime(expiresIn) || !isTime(expiresAt)) return undefined;
    if (refreshToken === "body" && typeof inBody !== "string") return undefined;
    serverClock.observe((expiresAt - expiresIn) * 1000);
    return { accessToken, refreshToken: typeof inBody === "string" ? inBody : undefined };
  }

  async function enter(path: string, input: object): Promise<IssuedToken> {
    const answer = await mutate(path, { ...input, refreshToken }, { credentials });
    const outcome = outcomeOf(answer, parseIssued);
    if (outcome.kind === "failed") throw outcome.error;
    return outcome.value;
  }

  return {
    async whoami(token) {
      const answer = await call(`${trpcUrl}/auth.whoami`, { headers: { authorization: `Bearer ${token}` } });
      if (answer.kind === "unreachable") return answer;
      if (answer.status === 401)
        return { kind: "refused", reason: refusalOf(answer)?.error.reason as AuthErrorReason | undefined };
      const user = answer.status === 200 ? parseUser(resultOf(answer.body)) : undefined;
      return user === undefined ? unreachable(answer) : { kind: "known", user };
    },
    issueToken: ({ username, password }) => enter("auth.issueToken", { username, password }),
    signUp: ({ username, password }) => enter("auth.signUp", { username, password }),
    redeem: ({ code, verifier }) => enter("auth.redeem", { code, verifier }),
    signUpWithProvider: ({ code, verifier }, username) =>
      enter("auth.signUpWithProvider", { code, verifier, username }),
    linkProvider: async (token, { code, verifier }) =>
      outcomeOf(await mutate("auth.linkProvider", { code, verifier }, { token }), parseLinked),
    async changePassword(token, currentPassword, newPassword) {
      const input = { currentPassword, newPassword, refreshToken };
      return outcomeOf(await mutate("auth.changePassword", input, { token, credentials }), parseIssued);
    },
    async listSessions(token) {
      const headers = { authorization: `Bearer ${token}` };
      return outcomeOf(await call(`${trpcUrl}/auth.listSessions`, { headers }), parseSessions);
    },
    signOutOthers: async (token) => outcomeOf(await mutate("auth.signOutOthers", undefined, { token }), parseEnded),
    signOutEverywhere: async (token) =>
      outcomeOf(await mutate("auth.signOutEverywhere", undefined, { token }), parseEnded),
    endSession: async (token, sessionId) =>
      outcomeOf(await mutate("auth.endSession", { sessionId }, { token }), parseEnded),
  };
}

function outcomeOf<T>(answer: Answer | Unreachable, parse: (data: unknown) => T | undefined): Outcome<T> {
  if (answer.kind === "unreachable") return { kind: "failed", error: unreachableError(answer), retry: false };
  const refusal = refusalOf(answer);
  if (refusal !== undefined) return { kind: "failed", ...refusal };
  const value = answer.status === 200 ? parse(resultOf(answer.body)) : undefined;
  if (value === undefined) return { kind: "failed", error: unreachableError(answer), retry: false };
  return { kind: "done", value };
}

function resultOf(body: unknown): unknown {
  return recordOf(recordOf(body)?.["result"])?.["data"];
}

function parseUser(data: unknown): AuthUser | undefined {
  const { subject, username, scope, sessionId, issuedAt, expiresAt } = recordOf(data) ?? {};
  if (typeof subject !== "string" || typeof username !== "string" || typeof sessionId !== "string") return undefined;
  if (!isTime(issuedAt) || !isTime(expiresAt)) return undefined;
  if (!Array.isArray(scope) || !scope.every((word) => typeof word === "string")) return undefined;
  return { subject, username, scope, sessionId, issuedAt, expiresAt };
}

function parseEnded(data: unknown): Ended | undefined {
  const { ended } = recordOf(data) ?? {};
  return isTime(ended) ? { ended } : undefined;
}

function parseLinked(data: unknown): { label: string } | undefined {
  const { label } = recordOf(data) ?? {};
  return typeof label === "string" ? { label } : undefined;
}

function parseSessions(data: unknown): SessionInfo[] | undefined {
  if (!Array.isArray(data)) return undefined;
  const sessions = data.map(parseSession);
  return sessions.every((session) => session !== undefined) ? sessions : undefined;
}

function parseSession(data: unknown): SessionInfo | undefined {
  const { sessionId, createdAt, lastUsedAt, device, address, current } = recordOf(data) ?? {};
  if (typeof sessionId !== "string" || !isTime(createdAt) || !isTime(lastUsedAt)) return undefined;
  if (typeof current !== "boolean") return undefined;
  return { sessionId, createdAt, lastUsedAt, device: textOf(device), address: textOf(address), current };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
