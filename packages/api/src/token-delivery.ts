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
   * Checks, before anything is done, that a token could be delivered to this place. Each attempt has a request of its own, so that what
   * counts requests counts attempts.
   *
   * @throws AuthError `not_batchable` | `origin_refused`
   */
  prepare(place: RefreshTokenPlace): void;
  /** What this device keeps from sign-ins before, by name. */
  deviceMarks(): ReadonlyMap<string, string>;
  deliver(issued: IssuedToken, place: RefreshTokenPlace): DeliveredToken;
}

export function createTokenDelivery(
  { cookies, devices, origins }: BrowserCalls,
  request: RequestHeaders,
  call: CallInfo,
): TokenDelivery {
  return {
    prepare(place) {
      if (call.shape !== "alone") {
        throw new AuthError("not_batchable", "This call cannot share a request: send it by itself, over a plain link.");
      }
      if (place === "cookie") origins.require(request);
    },
    deviceMarks: () => devices.read(request),
    deliver({ accessToken, tokenType, expiresIn, expiresAt, sessionId, refresh, deviceMark }, place) {
      if (place === "cookie" && refresh !== null) {
        const marks = deviceMark === undefined ? [] : devices.set(deviceMark, request);
        for (const cookie of [cookies.set(sessionId, refresh), ...marks]) {
          call.answerHeaders.append("Set-Cookie", cookie);
        }
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
