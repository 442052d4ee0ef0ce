// The strict shape check that comes before any cryptography. What passes here has exactly one spelling; jose alone also
// takes padding, white space, a byte order mark and non-zero trailing bits.

import { decode } from "jose/base64url";
import { AuthError } from "./errors.ts";
import { type JsonObject, parseJsonObject } from "./strict-json.ts";

/** Our own have about 500 characters; others may carry more, but nobody makes us decode a book. */
const maxTokenLength = 8 * 1024;
const maxHeaderLength = 1024;
const maxKidLength = 256;

// Whole groups of four characters, then a rest of two or three whose unused bits are zero (RFC 4648 §3.5).
const alphabet = /^[\w-]+$/;
const canonicalTail = [/^$/, /^(?!)/, /^[\w-][AQgw]$/, /^[\w-]{2}[AEIMQUYcgkosw048]$/] as const;

export interface CompactJws {
  header: JoseHeader;
  /** Still encoded: nobody reads what is not proven. */
  payload: string;
  signature: Uint8Array<ArrayBuffer>;
  /** What was signed: header and payload as they came, with the dot between them (RFC 7515 §5.1). */
  signingInput: string;
}

/** The header parameters that this package understands; all others are ignored (RFC 7515 §4). */
export interface JoseHeader {
  alg: string;
  kid: string;
  typ: unknown;
}

/**
 * Splits a compact JWS into its parts, none of which is proven yet.
 *
 * Checks: length, three non-empty canonical base64url segments, a header that is one strict JSON object with `alg` and
 * `kid`, without `crit` and `b64`. Does not check: what is in the payload, the signature, whether `alg` is allowed.
 *
 * @throws AuthError `token_malformed` for the shape, `token_invalid` for a header parameter
 * @see RFC 7515 §5.2, §7.1
 */
export function parseCompactJws(token: unknown): CompactJws {
  if (typeof token !== "string") throw malformed("The token is not a string.");
  if (token.length > maxTokenLength) throw malformed("The token is longer than 8 KiB.");
  const [header, payload, signature, ...more] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) {
    throw malformed("The token does not have three parts.");
  }
  if (header.length > maxHeaderLength) throw malformed("The token's header is longer than 1 KiB.");
  if (!isCanonicalBase64url(header) || !isCanonicalBase64url(payload) || !isCanonicalBase64url(signature)) {
    throw malformed("A part of the token is not base64url in its one canonical form.");
  }
  const signingInput = token.slice(0, header.length + 1 + payload.length);
  return { header: knownHeader(header), payload, signature: new Uint8Array(decode(signature)), signingInput };
}

/** Reads the payload as a JWT's claims set: one strict JSON object. */
export function parseClaimsSet(payload: Uint8Array): JsonObject {
  return parseObject(payload, "The token's payload is not one strict JSON object.");
}

/** All tokens of one key begin alike: what their header says is read once. */
const knownHeaders = new Map<string, JoseHeader>();
const maxKnownHeaders = 16;

function knownHeader(segment: string): JoseHeader {
  const known = knownHeaders.get(segment);
  if (known !== undefined) return known;
  const header = parseHeader(segment);
  // A stranger can make any number of them; those in use are read anew in a moment. Engines keep the whole token behind each: 128 KiB at most.
  if (knownHeaders.size >= maxKnownHeaders) knownHeaders.clear();
  knownHeaders.set(segment, header);
  return header;
}

function parseHeader(segment: string): JoseHeader {
  const header = parseObject(decode(segment), "The token's header is not one strict JSON object.");
  const { alg, kid, typ } = header;
  // Extensions that change what a signature means. We implement none, so no list of critical ones can be met
  // (RFC 7515 §4.1.11), and an unencoded payload (RFC 7797) is never what was shape-checked above.
  if ("crit" in header) throw invalid("The token's header asks for an extension.", "crit");
  if ("b64" in header) throw invalid("The token's header asks for another payload encoding.", "b64");
  if (typeof alg !== "string") throw invalid("The token's header names no algorithm.", "alg");
  if (typeof kid !== "string" || kid === "" || kid.length > maxKidLength) {
    throw invalid("The token's header names no key.", "kid");
  }
  // jwk, jku, x5u, x5c and x5t would let a token bring its own key: they are ignored like any unknown parameter.
  return Object.freeze({ alg, kid, typ });
}

function isCanonicalBase64url(segment: string): boolean {
  const tailLength = segment.length % 4;
  return alphabet.test(segment) && canonicalTail[tailLength]?.test(segment.slice(segment.length - tailLength)) === true;
}

function parseObject(bytes: Uint8Array, message: string): JsonObject {
  try {
    return parseJsonObject(bytes);
  } catch (cause) {
    throw new AuthError("token_malformed", message, { cause });
  }
}

function malformed(message: string): AuthError {
  return new AuthError("token_malformed", message);
}

function invalid(message: string, parameter: string): AuthError {
  return new AuthError("token_invalid", message, { claim: parameter });
}
