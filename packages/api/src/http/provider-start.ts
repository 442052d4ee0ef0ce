// GET /auth/oidc/:provider/start?challenge=S256&return_to=/path: sends the browser to a provider. `challenge` is of a verifier that the page
// keeps; what comes back in the end is of use to that page alone.

import { AuthError } from "@signet/auth/errors";
import { returnPathFrom } from "@signet/auth/return-path";
import { z } from "zod";
import { type ApiServices, clientOf, type Peer } from "../context.ts";
import type { BrowserCalls } from "./browser-calls.ts";
import { sendBack, sendTo } from "./provider-redirects.ts";

/** Of the address; all else in it is refused. Exported for the test that looks at every shape. */
export const startParams = z.strictObject({
  /** BASE64URL(SHA-256(verifier)), RFC 7636 §4.2. */
  challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** Anything: what is no path of the pages' origin leads to their first page. */
  return_to: z.string().max(8_192).optional(),
});

export async function startProviderSignIn(
  { accounts, origins }: Pick<ApiServices, "accounts" | "origins">,
  { origins: allowed, transactions }: BrowserCalls,
  provider: string,
  request: Request,
  peer: Peer,
): Promise<Response> {
  allowed.requireNavigation(request);
  const { challenge, return_to: asked } = startParams.parse(paramsOf(request));
  const returnPath = returnPathFrom(asked);
  const begun = await accounts.providers.begin(provider, { challenge, returnPath }, clientOf(request, peer));
  if ("problem" in begun) return sendBack(origins, returnPath, { provider_error: begun.problem });
  return sendTo(begun.location, transactions.set(begun.kept, request));
}

function paramsOf(request: Request): Record<string, string> {
  const { searchParams } = new URL(request.url);
  const params = Object.fromEntries(searchParams);
  if (Object.keys(params).length === searchParams.size) return params;
  throw new AuthError("input_invalid", "A parameter stands there twice.");
}
