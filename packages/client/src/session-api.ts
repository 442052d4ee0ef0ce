// The two plain endpoints that a session has beside tRPC: renew its token, end it. They read the cookie, which no script
// sees, or the refresh token in the body for clients without cookies.

import { type ApiCall, type Unreachable, unreachable } from "./api-call.ts";
import type { RefreshTokenPlace } from "./auth-api.ts";
import { isTime, recordOf } from "./json.ts";
import type { ServerClock } from "./server-clock.ts";
import { decodeUnverified } from "./token-shape.ts";

export interface RefreshRequest {
  /** The session whose token is wanted: an answer for another one is no answer. */
  session: string;
  attempt: string;
  /** Only for clients without cookies. */
  refreshToken: string | undefined;
}

export type RefreshAnswer =
  | { kind: "renewed"; accessToken: string; refreshToken: string | undefined }
  /** `invalid_grant`: there is no session any more, or none that this client can renew. */
  | { kind: "ended" }
  | Unreachable;

export interface SignOutRequest {
  session: string;
  /** The last access token, where this page still knows it; an expired one will do. */
  bearer: string | undefined;
  refreshToken: string | undefined;
}

/** `refused`: the server has understood, and says no; asking again is of no use. */
export type SignOutAnswer = { kind: "done" } | { kind: "refused" } | Unreachable;

export interface SessionApi {
  refresh(request: RefreshRequest, signal: AbortSignal): Promise<RefreshAnswer>;
  signOut(request: SignOutRequest): Promise<SignOutAnswer>;
}

export interface SessionApiOptions {
  apiUrl: string;
  refreshToken: RefreshTokenPlace;
  call: ApiCall;
  serverClock: ServerClock;
}

export function createSessionApi({ apiUrl, refreshToken, call, serverClock }: SessionApiOptions): SessionApi {
  const credentials = refreshToken === "cookie" ? "include" : "omit";

  function parseRenewed(body: unknown, session: string): RefreshAnswer | undefined {
    const answer = recordOf(body) ?? {};
    const { access_token: accessToken, expires_in: expiresIn, refresh_token: inBody } = answer;
    const claims = decodeUnverified(accessToken);
    if (typeof accessToken !== "string" || claims === null || !isTime(expiresIn)) return undefined;
    if (answer["session"] !== session || claims.sessionId !== session) return undefined;
    if (refreshToken === "body" && typeof inBody !== "string") return undefined;
    serverClock.observe((claims.expiresAt - expiresIn) * 1000);
    return { kind: "renewed", accessToken, refreshToken: typeof inBody === "string" ? inBody : undefined };
  }

  return {
    async refresh({ session, attempt, refreshToken: kept }, signal) {
      const answer = await call(`${apiUrl}/auth/refresh`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(kept === undefined ? { session, attempt } : { refresh_token: kept, attempt }),
        credentials,
        signal,
      });
      if (answer.kind === "unreachable") return answer;
      if (answer.status === 200) return parseRenewed(answer.body, session) ?? unreachable(answer);
      return answer.status === 400 && isOver(answer.body) ? { kind: "ended" } : unreachable(answer);
    },
    async signOut({ session, bearer, refreshToken: kept }) {
      const answer = await call(`${apiUrl}/auth/sign-out`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        },
        body: JSON.stringify(kept === undefined ? { session } : { session, refresh_token: kept }),
        credentials,
        // People leave the page right after: the request goes on.
        keepalive: true,
      });
      if (answer.kind === "unreachable") return answer;
      if (answer.status === 204) return { kind: "done" };
      const understood = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
      return understood ? { kind: "refused" } : unreachable(answer);
    },
  };
}

/** `invalid_grant`; or the session's very name is none that this server gives, as in a token of another issuer. */
function isOver(body: unknown): boolean {
  const { error, field } = recordOf(body) ?? {};
  return error === "invalid_grant" || (error === "invalid_request" && field === "session");
}
