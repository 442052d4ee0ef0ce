// The Authorization header: the token in it, or the reason why there is none.

import { AuthError } from "./errors.ts";

// The scheme is a whole word, in any letter case: "Bearers" is another scheme, "Bearer," is ours and wrong.
const bearerScheme = /^bearer(?![\w!#$%&'*+.^`|~-])/i;
// One or more spaces (no tab), then RFC 6750's b64token and nothing after it.
const bearerCredentials = /^bearer +([\w\-.~+/]+=*)$/i;

/**
 * Takes the bearer token out of an `Authorization` header. What the token says is the verifier's business.
 *
 * @throws AuthError `token_missing` for no header or another scheme, `token_malformed` for anything else that is not
 * `Bearer`, spaces, one token
 * @see RFC 6750 §2.1, RFC 9110 §11.1
 */
export function parseBearer(header: string | null | undefined): string {
  if (typeof header !== "string" || !bearerScheme.test(header)) {
    throw new AuthError("token_missing", "The request carries no bearer token.");
  }
  const token = bearerCredentials.exec(header)?.[1];
  if (token === undefined) throw new AuthError("token_malformed", "The Authorization header is not one bearer token.");
  return token;
}
