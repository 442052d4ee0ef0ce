// The access-token claims: the contract between the one who issues and all who verify.
// zod/mini: the full zod probes `new Function` when an object schema is made, which a strict CSP reports as a violation.

import * as z from "zod/mini";

const text = z.string().check(z.minLength(1));

/**
 * NumericDate in whole seconds. RFC 7519 §2 allows fractions; nobody here issues them, and one second means the same
 * everywhere when there are none. Infinity (`1e999`), negative and unsafe integers are refused.
 */
const time = z.int().check(z.nonnegative());

/** Scope tokens with one space between them, or nothing at all (RFC 6749 §3.3). */
const scopeSyntax = /^(?:[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*)?$/;

/**
 * What an access token says. What Signet issues holds exactly these claims; when one is read, claims that are not listed
 * are ignored and do not appear in the result (RFC 7519 §4).
 *
 * @see RFC 9068 §2.2
 */
export const accessTokenClaimsSchema = z.object({
  /** Issuer: the public origin of the server that signed. */
  iss: text,
  /** Subject: the person's opaque id, never reused. Who somebody is is the pair (`iss`, `sub`). */
  sub: text,
  /** Audience: who may accept the token. */
  aud: z.union([text, z.array(text).check(z.minLength(1))]),
  /** Refused from this second on. */
  exp: time,
  iat: time,
  /** Names this one token, for revocation. */
  jti: text,
  /** The session it belongs to. */
  sid: text,
  client_id: text,
  /** Space-separated; see `scopesOf`. */
  scope: z.string().check(z.regex(scopeSyntax)),
  /** When the person last proved who they are. */
  auth_time: time,
  /** How: `pwd` (password) or `fed` (another provider). */
  amr: z.array(text).check(z.minLength(1)),
  preferred_username: text,
});

export type AccessTokenClaims = z.infer<typeof accessTokenClaimsSchema>;

/** The granted scopes as a list; empty when none were granted. */
export function scopesOf(claims: Pick<AccessTokenClaims, "scope">): readonly string[] {
  return claims.scope === "" ? [] : claims.scope.split(" ");
}
