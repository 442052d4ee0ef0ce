// GET /auth/oidc/:provider/callback: the browser comes back from a provider, and goes on to the page that asked, with a hand-over code or
// with the word for what went wrong. Nobody is signed in here: the page does that, with a verifier that no address ever held.

import { type ApiServices, clientOf, type Peer } from "../context.ts";
import type { BrowserCalls } from "./browser-calls.ts";
import { sendBack } from "./provider-redirects.ts";

/** Where people can begin anew, when it is not known where they came from. */
const signInPath = "/sign-in";

export async function completeProviderSignIn(
  { accounts, origins }: Pick<ApiServices, "accounts" | "origins">,
  { transactions }: BrowserCalls,
  provider: string,
  request: Request,
  peer: Peer,
): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const kept = transactions.read(request);
  const completed = await accounts.providers.complete(provider, searchParams, kept, clientOf(request, peer));
  const { transactionId, returnPath = signInPath } = completed;
  const cookies = transactionId === undefined ? [] : [transactions.clear(transactionId)];
  const message = "code" in completed ? { token: completed.code } : { provider_error: completed.problem };
  return sendBack(origins, returnPath, message, cookies);
}
