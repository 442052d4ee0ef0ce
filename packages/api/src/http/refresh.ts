// POST /auth/refresh: a refresh token in, an access token and the next refresh token out. By cookie for browsers, in the body
// for everybody else.

import type { Client, IssuedToken } from "@signet/accounts";
import { AuthError, isAuthError } from "@signet/auth/errors";
import { type ApiServices, clientOf, type Peer } from "../context.ts";
import { json } from "./answers.ts";
import { bodies } from "./bodies.ts";
import type { BrowserCalls } from "./browser-calls.ts";
import { readJson } from "./json-body.ts";

export async function refresh(
  { accounts: { sessions } }: Pick<ApiServices, "accounts">,
  { cookies, origins }: BrowserCalls,
  request: Request,
  peer: Peer,
): Promise<Response> {
  origins.require(request);
  const { session, attempt, refresh_token: fromBody } = await readJson(request, bodies.refresh);
  const client = clientOf(request, peer);

  if (fromBody !== undefined) {
    const issued = await sessions.refresh(fromBody, client, { sessionId: session, attempt });
    return answer(issued, { refresh_token: issued.refresh?.token });
  }

  const jar = cookies.read(request);
  const issued = await refreshFirst(
    [...jar].filter(([id]) => session === undefined || id === session),
    attempt,
    client,
  );
  const response = answer(issued);
  if (issued.refresh !== null) response.headers.append("Set-Cookie", cookies.set(issued.sessionId, issued.refresh));
  // Only what the database says is over is cleared: a sign-in that has just happened elsewhere in this browser stays.
  const others = [...jar.keys()].filter((id) => id !== issued.sessionId);
  for (const id of await findEnded(others)) response.headers.append("Set-Cookie", cookies.clear(id));
  return response;

  async function findEnded(sessionIds: string[]): Promise<string[]> {
    try {
      return await sessions.findEnded(sessionIds);
    } catch (error) {
      // The refresh has been made and must be answered; the next one clears what is left.
      if (isAuthError(error)) return [];
      throw error;
    }
  }

  /** Nothing is cleared when none of them is good: the answer may belong to a past that this browser has left. */
  async function refreshFirst(
    candidates: (readonly [string, string])[],
    attemptId: string | undefined,
    by: Client,
  ): Promise<IssuedToken> {
    for (const [sessionId, token] of candidates) {
      try {
        return await sessions.refresh(token, by, { sessionId, attempt: attemptId });
      } catch (error) {
        if (!isAuthError(error) || error.reason !== "refresh_token_invalid") throw error;
      }
    }
    throw new AuthError("refresh_token_invalid", "This sign-in is over. Please sign in again.");
  }
}

function answer({ accessToken, expiresIn, sessionId }: IssuedToken, more: Record<string, unknown> = {}): Response {
  return json({ access_token: accessToken, token_type: "bearer", expires_in: expiresIn, session: sessionId, ...more });
}
