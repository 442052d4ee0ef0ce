// POST /auth/revoke: ends what a token stands for. An access token ends alone; a refresh token takes its session with it. What is no
// token of ours has ended already.

import { isAuthError } from "@signet/auth/errors";
import type { ApiServices } from "../context.ts";
import { readTokenForm } from "./form-body.ts";

/**
 * Answers 200 whether or not there was anything to end; 503 when it could not be written.
 *
 * @see RFC 7009 §2.1, §2.2
 */
export async function revoke(
  { accounts: { sessions }, verifier, log }: Pick<ApiServices, "accounts" | "verifier" | "log">,
  request: Request,
  client: string,
): Promise<Response> {
  const token = await readTokenForm(request);
  const tokens = await revokeAccessToken(token);
  const endedSessions = await sessions.endByRefreshToken(token);
  log.info({ event: "revoke", client, tokens, sessions: endedSessions });
  return new Response(null, { status: 200, headers: { "Cache-Control": "no-store" } });

  async function revokeAccessToken(text: string): Promise<number> {
    try {
      // Also one that has just run out: elsewhere clocks may be late, and it would still be taken there.
      return await sessions.revokeToken(await verifier.verifyIgnoringExpiry(text));
    } catch (error) {
      if (isAuthError(error) && error.reason.startsWith("token_")) return 0;
      throw error;
    }
  }
}
