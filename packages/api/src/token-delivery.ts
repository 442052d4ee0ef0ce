// Where the refresh token of a new session goes: into a cookie, into the answer, or nowhere.

import type { IssuedToken } from "@signet/accounts";
import { AuthError } from "@signet/auth/errors";
import type { CallInfo, RequestHeaders } from "./context.ts";
import type { BrowserCalls } from "./http/browser-calls.ts";

export type RefreshTokenPlace = "cookie" | "body" | "none";

/** Whether a call has its request to itself. Of the answers of a batch, or of a stream, nobody can say whose a cookie is. */
export type CallShape = "alone" | "batched" | "streamed";

/** What a caller gets. `expiresIn` in seconds, `expiresAt` NumericDate. */
export interface DeliveredToken {
  accessToken: string;
  tokenType: "Bearer";
  expiresIn: number;
  expiresAt: number;
  sessionId: string;
  /** Only where it was asked for in the body. */
  refreshToken?: string;
}

export interface TokenDelivery {
  /**
   * Checks, before anything is done, that a token could be delivered to this place.
   *
   * @throws AuthError `not_batchable` | `origin_refused`
   */
  prepare(place: RefreshTokenPlace): void;
  deliver(issued: IssuedToken, place: RefreshTokenPlace): DeliveredToken;
}

export function createTokenDelivery(
  { cookies, origins }: BrowserCalls,
  request: RequestHeaders,
  call: CallInfo,
): TokenDelivery {
  return {
    prepare(place) {
      if (place !== "cookie") return;
      if (call.shape !== "alone") {
        throw new AuthError("not_batchable", "This call sets a cookie: send it by itself, over a plain link.");
      }
      origins.require(request);
    },
    deliver({ accessToken, tokenType, expiresIn, expiresAt, sessionId, refresh }, place) {
      if (place === "cookie" && refresh !== null) {
        call.answerHeaders.append("Set-Cookie", cookies.set(sessionId, refresh));
      }
      return {
        accessToken,
        tokenType,
        expiresIn,
        expiresAt,
        sessionId,
        ...(place === "body" && refresh !== null ? { refreshToken: refresh.token } : {}),
      };
    },
  };
}
