// Who may come in: what every adapter does with a request's `Authorization` header, before it says so in its framework's words.

import { parseBearer } from "./bearer.ts";
import { type AccessTokenClaims, scopesOf } from "./claims.ts";
import { AuthError, isAuthError } from "./errors.ts";
import { type RefusalAnswer, refusalAnswer } from "./refusal.ts";
import type { AccessTokenVerifier } from "./verify-access-token.ts";

export interface ProtectOptions {
  /** Scopes that the token must have been granted, all of them. Default: any valid token will do. */
  scopes?: readonly string[];
}

/** The claims of a request that may go on, or the answer to one that may not. */
export type Admission = { claims: AccessTokenClaims } | { refusal: RefusalAnswer };

/** Scope tokens; they also stand in a header between quotation marks (RFC 6749 §3.3). */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** @throws TypeError for what can be no scope. Called once, when a route is made. */
export function checkScopes({ scopes = [] }: ProtectOptions): readonly string[] {
  if (!Array.isArray(scopes) || !scopes.every((scope) => typeof scope === "string" && scopeToken.test(scope))) {
    throw new TypeError("scopes must be a list of scopes, each without spaces.");
  }
  return scopes;
}

/** @throws AuthError as `verify` and `parseBearer`, and `insufficient_scope` */
export async function claimsFrom(
  verifier: Pick<AccessTokenVerifier, "verify">,
  authorization: string | null | undefined,
  scopes: readonly string[],
): Promise<AccessTokenClaims> {
  const claims = await verifier.verify(parseBearer(authorization));
  const granted = scopesOf(claims);
  if (!scopes.every((scope) => granted.includes(scope))) {
    throw new AuthError("insufficient_scope", `This needs the scope ${scopes.join(" ")}.`);
  }
  return claims;
}

/** As `claimsFrom`, with a refusal as an answer. Whatever is no refusal is thrown on: it is nobody's answer. */
export async function admit(
  verifier: Pick<AccessTokenVerifier, "verify">,
  authorization: string | null | undefined,
  scopes: readonly string[],
): Promise<Admission> {
  try {
    return { claims: await claimsFrom(verifier, authorization, scopes) };
  } catch (error) {
    if (!isAuthError(error)) throw error;
    return { refusal: refusalAnswer(error, scopes) };
  }
}

/** What a request of Node.js shows: the header as it was parsed, and all lines as they came. */
export interface NodeRequest {
  readonly headers: { readonly authorization?: string | undefined };
  readonly rawHeaders?: readonly string[];
}

/** As `admit`, for a request of Node.js, which keeps the first of two `Authorization` lines without a word. */
export async function admitNodeRequest(
  verifier: Pick<AccessTokenVerifier, "verify">,
  { headers, rawHeaders = [] }: NodeRequest,
  scopes: readonly string[],
): Promise<Admission> {
  const lines = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "authorization");
  if (lines.length > 1) {
    const error = new AuthError("token_malformed", "There is more than one Authorization header.");
    return { refusal: { ...refusalAnswer(error), status: 400 } };
  }
  return admit(verifier, headers.authorization, scopes);
}
