// GET /auth/session?wait=SECONDS: answers 204 while the caller's token is good, and 401 as soon as it is not. With `wait` the answer is
// held back until then, so that an open page learns within a moment that its session was ended elsewhere.

import { AuthError } from "@signet/auth/errors";
import { type ApiServices, authenticate } from "../context.ts";
import type { SessionWatch } from "../session-watch.ts";

const maxWaitSeconds = 25;

export async function sessionStatus(
  { verifier }: Pick<ApiServices, "verifier">,
  watch: SessionWatch,
  request: Request,
): Promise<Response> {
  const claims = await authenticate(verifier, request);
  const waitSeconds = waitOf(request);
  if (waitSeconds > 0) {
    await watch.untilEnded(claims, waitSeconds * 1000, request.signal);
    await authenticate(verifier, request);
  }
  return new Response(null, { status: 204, headers: { "Cache-Control": "no-store" } });
}

function waitOf(request: Request): number {
  const text = new URL(request.url).searchParams.get("wait") ?? "0";
  const seconds = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= maxWaitSeconds) return seconds;
  throw new AuthError("input_invalid", `\`wait\` is a whole number of seconds, ${maxWaitSeconds} at most.`, {
    claim: "wait",
  });
}
