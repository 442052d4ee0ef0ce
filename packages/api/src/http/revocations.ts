// GET /auth/revocations?after=SEQ&wait=SECONDS: what was ended since number SEQ, for services that verify tokens by themselves. With
// `wait` the answer is held back until there is something to tell.

import { AuthError } from "@signet/auth/errors";
import type { RevocationFeed } from "../revocation-feed.ts";
import { json } from "./answers.ts";
import { waitOf } from "./wait-param.ts";

export async function revocations(feed: RevocationFeed, request: Request, client: string): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const { epoch, entries, next, more } = await feed.read(
    afterOf(searchParams),
    waitOf(searchParams) * 1000,
    client,
    request.signal,
  );
  return json({
    epoch,
    entries: entries.map(({ seq, kind, id, expiresAt }) => ({ seq, kind, id, expires_at: expiresAt })),
    next,
    more,
  });
}

function afterOf(params: URLSearchParams): number {
  const [text = "0", ...others] = params.getAll("after");
  const after = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(after) && others.length === 0) return after;
  throw new AuthError("input_invalid", "`after` is the number of the last revocation that is known, or 0.", {
    claim: "after",
  });
}
