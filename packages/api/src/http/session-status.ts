// GET /auth/session?wait=SECONDS: answers 204 while the caller's token is good, and 401 as soon as it is not. With `wait` the answer is
// held back until then, so that an open page learns within a moment that its session was ended elsewhere.

import { type ApiServices, authenticate } from "../context.ts";
import type { SessionWatch } from "../session-watch.ts";
import { waitOf } from "./wait-param.ts";

export async function sessionStatus(
  { verifier }: Pick<ApiServices, "verifier">,
  watch: SessionWatch,
  request: Request,
): Promise<Response> {
  const claims = await authenticate(verifier, request);
  const waitSeconds = waitOf(new URL(request.url).searchParams);
  if (waitSeconds > 0) {
    await watch.untilEnded(claims, waitSeconds * 1000, request.signal);
    await authenticate(verifier, request);
  }
  return new Response(null, { status: 204, headers: { "Cache-Control": "no-store" } });
}
