// POST /auth/sign-out: ends the session of whatever the caller holds of it, a cookie, a refresh token or an access token, also an
// expired one. It answers 204 whether or not there was a session: afterwards there is none.

import { parseBearer } from "@signet/auth/bearer";
import type { AccessTokenClaims } from "@signet/auth/claims";
import { isAuthError } from "@signet/auth/errors";
import type { ApiServices } from "../context.ts";
import { bodies } from "./bodies.ts";
import type { BrowserCalls } from "./browser-calls.ts";
import { readJson } from "./json-body.ts";

export async function signOut(
  { accounts: { sessions }, verifier }: Pick<ApiServices, "accounts" | "verifier">,
  { cookies, origins }: BrowserCalls,
  request: Request,
): Promise<Response> {
  origins.require(request);
  const { session, refresh_token: fromBody } = await readJson(request, bodies.signOut);
  const meant = [...cookies.read(request)].filter(([id]) => session === undefined || id === session);
  const bearer = await claimsOfBearer();

  // One after the other: whoever sends made-up ones has the database look for one at a time.
  if (bearer !== undefined) await sessions.end(bearer.sub, bearer.sid);
  if (fromBody !== undefined) await sessions.endByRefreshToken(fromBody);
  for (const [, token] of meant) await sessions.endByRefreshToken(token);

  const headers = new Headers({ "Cache-Control": "no-store" });
  for (const [id] of meant) headers.append("Set-Cookie", cookies.clear(id));
  return new Response(null, { status: 204, headers });

  async function claimsOfBearer(): Promise<AccessTokenClaims | undefined> {
    const authorization = request.headers.get("authorization");
    if (authorization === null) return undefined;
    try {
      return await verifier.verifyIgnoringExpiry(parseBearer(authorization));
    } catch (error) {
      // No token of ours: nothing of it can end. That the keys are not there is our fault, and is told.
      if (isAuthError(error) && error.reason.startsWith("token_")) return undefined;
      throw error;
    }
  }
}
