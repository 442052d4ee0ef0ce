// POST /auth/introspect: whether a token is good at this moment, for services that would rather ask than verify.

import { isAuthError } from "@signet/auth/errors";
import type { ApiServices } from "../context.ts";
import { json } from "./answers.ts";
import { readTokenForm } from "./form-body.ts";

/** The one client there is; access tokens name it themselves. */
const clientId = "signet";

/**
 * Says what a token says if it is good now, by the store and not by this process's view; of anything else exactly that it is
 * not active, whatever the reason. That it cannot be known is a 503.
 *
 * @see RFC 7662 §2.2
 */
export async function introspect(
  { accounts: { sessions }, verifier }: Pick<ApiServices, "accounts" | "verifier">,
  request: Request,
): Promise<Response> {
  const token = await readTokenForm(request);
  return json((await describeAccessToken(token)) ?? (await describeRefreshToken(token)) ?? { active: false });

  async function describeAccessToken(text: string): Promise<object | undefined> {
    try {
      const claims = await verifier.verify(text);
      await sessions.requireLive(claims);
      const { iss, sub, aud, exp, iat, jti, sid, client_id, scope, preferred_username: username } = claims;
      const { auth_time, amr } = claims;
      const token_type = "Bearer";
      return {
        active: true,
        iss,
        sub,
        aud,
        exp,
        iat,
        jti,
        sid,
        client_id,
        scope,
        username,
        token_type,
        auth_time,
        amr,
      };
    } catch (error) {
      if (isAuthError(error) && error.reason.startsWith("token_")) return undefined;
      throw error;
    }
  }

  async function describeRefreshToken(text: string): Promise<object | undefined> {
    const live = await sessions.inspectRefreshToken(text);
    if (live === undefined) return undefined;
    const { userId: sub, sessionId: sid, expiresAt: exp } = live;
    return { active: true, sub, sid, client_id: clientId, exp };
  }
}
