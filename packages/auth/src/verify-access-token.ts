// The access-token verifier: built once with everything it must know, then called for every request. It needs no database
// and no network, and refuses everything that it does not positively know to be right.

import * as z from "zod/mini";
import { type AccessTokenClaims, accessTokenClaimsSchema } from "./claims.ts";
import { type Clock, numericDate } from "./clock.ts";
import { parseClaimsSet } from "./compact-jws.ts";
import { hasLowS } from "./ecdsa-signature.ts";
import { AuthError, isAuthError } from "./errors.ts";
import { type SigningAlgorithm, signingAlgorithms, type VerificationKeys } from "./verification-keys.ts";
import { createVerifiedTokens, type VerifiedToken, type VerifiedTokensOptions } from "./verified-tokens.ts";
import { findKey, isPromise, verifyJws } from "./verify-jws.ts";

/** Also the most that any Signet issuer is allowed to give: revocations are remembered just a little longer. */
const maxLifetimeLimitSeconds = 900;
const maxClockToleranceSeconds = 60;
const defaultCache: VerifiedTokensOptions = { maxEntries: 20_000, maxBytes: 32 * 1024 * 1024 };

// A media type: letter case does not matter and "application/" may be left out (RFC 7515 §4.1.9).
const accessTokenType = /^(?:application\/)?at\+jwt$/i;

/** `nbf` need not be there, but counts when it is. */
const receivedClaimsSchema = z.extend(accessTokenClaimsSchema, { nbf: z.optional(accessTokenClaimsSchema.shape.exp) });

/** Knows what was ended before its time: `createRevocations` of `@signet/auth/revocation`, or one of your own. */
export interface RevocationCheck {
  /**
   * Asked last, for every token and every time, from memory: the verifier waits for the answer. By claims and key, never by
   * the token's text, of which there can be several.
   *
   * @throws AuthError `token_revoked`, or `revocations_unknown` where nothing is to be accepted on old knowledge
   */
  check(claims: AccessTokenClaims, kid: string): void;
}

export interface AccessTokenVerifierOptions {
  /** The one issuer whose tokens are accepted; compared exactly with `iss`. */
  issuer: string;
  /** Who we are: a token is accepted if any of its audiences is one of these. */
  audience: string | readonly string[];
  /** The algorithms that are accepted; each key has just one of them. */
  algorithms: readonly SigningAlgorithm[];
  /** The issuer's keys: the key ring, or the issuer's JWK Set. */
  keys: VerificationKeys;
  clock: Clock;
  /** How far the issuer's clock may be from ours, in seconds, 0 to 60. Default 0. */
  clockToleranceSeconds?: number;
  /** The longest `exp − iat` accepted, in seconds, 1 to 900. Default 900. */
  maxLifetimeSeconds?: number;
  /** Bounds of the memory of verified tokens, or false for none. Default 20,000 tokens in 32 MiB. */
  cache?: VerifiedTokensOptions | false;
  /** Told, for every call of `verify`, whether the token was remembered: then its signature was not computed again. Must not throw. */
  onLookup?: (remembered: boolean) => void;
  /** What has been revoked. Default: nothing is asked, and every token is good until it expires. */
  revocations?: RevocationCheck;
}

export interface AccessTokenVerifier {
  /**
   * Verifies a JWT access token and returns its claims, frozen: one token may serve many requests.
   *
   * Checks, in this order: shape; header and algorithm; key by `kid`; signature; type; claims; issuer and audience;
   * lifetime and time; revocation, where the verifier was made with `revocations`. `token_expired` means that everything
   * before it was right.
   * Does not check: scopes.
   *
   * @param token Compact JWS, without the "Bearer " prefix.
   * @returns Claims; times are NumericDate seconds.
   * @throws AuthError `token_malformed` | `token_invalid` | `token_expired` | `token_revoked` | `keys_unavailable` |
   *   `revocations_unknown`, and `internal_error` when the clock does not tell the time
   * @see RFC 9068 §4, RFC 8725 §3
   */
  verify(token: string): Promise<AccessTokenClaims>;

  /**
   * Proves whose token it is or once was: everything that `verify` checks, but neither `exp` against the clock nor
   * revocation. For one purpose: ending the session it belongs to, which must also work with a token that has run out.
   * Never for letting anybody in: a token from years ago passes, and so does a stolen one that was revoked.
   *
   * Nothing of it is remembered for `verify`.
   *
   * @throws AuthError `token_malformed` | `token_invalid` | `keys_unavailable`, and `internal_error` as above
   */
  verifyIgnoringExpiry(token: string): Promise<AccessTokenClaims>;
}

/**
 * Makes a verifier.
 *
 * @throws TypeError when an option is missing or out of range.
 */
export function createAccessTokenVerifier(options: AccessTokenVerifierOptions): AccessTokenVerifier {
  checkOptions(options);
  const { issuer, keys, clock, clockToleranceSeconds = 0, maxLifetimeSeconds = maxLifetimeLimitSeconds } = options;
  const audiences = typeof options.audience === "string" ? [options.audience] : [...options.audience];
  const algorithms = [...options.algorithms];
  const { cache = defaultCache, revocations, onLookup } = options;
  const verifiedTokens = cache === false ? undefined : createVerifiedTokens(cache);

  /** Everything about a token that does not change as time passes. */
  async function verifyOnce(token: string): Promise<VerifiedToken> {
    const { header, payload, signature, key } = await verifyJws(token, { algorithms, keys });
    if (key.algorithm === "ES256" && !hasLowS(signature)) {
      throw new AuthError("token_invalid", "The token's ES256 signature is not in its low-s form.");
    }
    if (typeof header.typ !== "string" || !accessTokenType.test(header.typ)) {
      throw wrong("typ", "The token is not an access token.");
    }
    const claims = readClaims(payload);
    if (claims.iss !== issuer) throw wrong("iss", "The token is from another issuer.");
    if (!audienceOf(claims).some((audience) => audiences.includes(audience))) {
      throw wrong("aud", "The token is for another audience.");
    }
    if (claims.exp <= claims.iat) throw wrong("exp", "The token ends before it begins.");
    if (claims.exp - claims.iat > maxLifetimeSeconds) throw wrong("exp", "The token lives for too long.");
    if (claims.auth_time > claims.iat) throw wrong("auth_time", "The token is older than its sign-in.");
    return { claims: compact(claims, issuer, audiences), notBefore: claims.nbf ?? claims.iat, key };
  }

  function checkBegun({ claims, notBefore }: VerifiedToken, now: number): void {
    if (claims.iat > now + clockToleranceSeconds) throw wrong("iat", "The token is from the future.");
    if (notBefore > now + clockToleranceSeconds) throw wrong("nbf", "The token is not valid yet.");
  }

  function checkNotExpired({ claims }: VerifiedToken, now: number): void {
    if (now >= claims.exp + clockToleranceSeconds) {
      throw new AuthError("token_expired", "The token has expired.", { claim: "exp" });
    }
  }

  /** What has to be looked at again each time, also of a token that was verified before. Gives its claims. */
  function checkNow(verified: VerifiedToken): AccessTokenClaims | Promise<AccessTokenClaims> {
    const now = timeNow(clock);
    checkBegun(verified, now);
    checkNotExpired(verified, now);
    const checking = revocations === undefined ? undefined : checkNotRevoked(revocations, verified);
    return checking === undefined ? verified.claims : checking.then(() => verified.claims);
  }

  async function verifyFirst(token: string): Promise<AccessTokenClaims> {
    const verified = await verifyOnce(token);
    const claims = await checkNow(verified);
    verifiedTokens?.remember(token, verified, timeNow(clock) - clockToleranceSeconds);
    return claims;
  }

  return {
    async verify(token) {
      // From JavaScript anything may come; what is no text is refused where its shape is looked at.
      const seen = typeof token === "string" ? verifiedTokens?.find(token) : undefined;
      if (seen !== undefined) {
        const found = findKey(keys, seen.key.kid);
        const key = isPromise(found) ? await found : found;
        // A key that was revoked, or replaced under its name, takes its tokens with it.
        if (key !== undefined && key.key === seen.key.key && key.algorithm === seen.key.algorithm) {
          onLookup?.(true);
          return checkNow(seen);
        }
        verifiedTokens?.forget(token);
      }
      onLookup?.(false);
      return verifyFirst(token);
    },
    async verifyIgnoringExpiry(token) {
      const verified = await verifyOnce(token);
      checkBegun(verified, timeNow(clock));
      return verified.claims;
    },
  };
}

/** Every comparison with NaN is false: a broken clock must not let anything through. */
function timeNow(clock: Clock): number {
  const now = numericDate(clock);
  if (!Number.isSafeInteger(now)) throw new AuthError("internal_error", "The clock does not tell the time.");
  return now;
}

/** Not to know is not the token's fault: whatever else goes wrong in the check, nobody gets in and nobody is called revoked. */
function checkNotRevoked(revocations: RevocationCheck, { claims, key }: VerifiedToken): Promise<void> | undefined {
  try {
    const answer: unknown = revocations.check(claims, key.kid);
    // An async function passes for one that gives nothing. Its refusal must not be lost.
    return answer === undefined ? undefined : Promise.resolve(answer).then(() => undefined, refuse);
  } catch (cause) {
    return refuse(cause);
  }
}

function refuse(cause: unknown): never {
  if (isAuthError(cause) && (cause.reason === "token_revoked" || cause.reason === "revocations_unknown")) throw cause;
  throw new AuthError("revocations_unknown", "What has been revoked could not be looked up.", { cause });
}

function readClaims(payload: Uint8Array): z.infer<typeof receivedClaimsSchema> {
  const received = parseClaimsSet(payload);
  // A token bound to a key (RFC 7800, DPoP, mTLS) proves nothing when it is merely borne.
  if ("cnf" in received) throw wrong("cnf", "The token is bound to a key and cannot be used as a bearer token.");
  const { success, data, error } = receivedClaimsSchema.safeParse(received);
  if (success) return data;
  throw wrong(String(error.issues[0]?.path[0]), "A claim of the token is missing or has the wrong form.");
}

function audienceOf({ aud }: Pick<AccessTokenClaims, "aud">): readonly string[] {
  return typeof aud === "string" ? [aud] : aud;
}

const byPassword = Object.freeze(["pwd"]) as AccessTokenClaims["amr"];

/** The claims as they are kept, by the thousand: in one object of their own, frozen, with texts that all tokens have in common. */
function compact(claims: AccessTokenClaims, iss: string, audiences: readonly string[]): AccessTokenClaims {
  const { aud, amr } = claims;
  return Object.freeze({
    iss,
    sub: claims.sub,
    aud: typeof aud === "string" ? (audiences.find((own) => own === aud) ?? aud) : (Object.freeze(aud) as string[]),
    exp: claims.exp,
    iat: claims.iat,
    jti: claims.jti,
    sid: claims.sid,
    client_id: claims.client_id,
    scope: claims.scope,
    auth_time: claims.auth_time,
    amr: amr.length === 1 && amr[0] === "pwd" ? byPassword : (Object.freeze(amr) as string[]),
    preferred_username: claims.preferred_username,
  });
}

function wrong(claim: string, message: string): AuthError {
  return new AuthError("token_invalid", message, { claim });
}

function checkOptions(options: AccessTokenVerifierOptions): void {
  const { issuer, audience, algorithms, keys, clock, cache, revocations } = options;
  const { clockToleranceSeconds = 0, maxLifetimeSeconds = maxLifetimeLimitSeconds } = options;
  if (!isText(issuer)) throw new TypeError("issuer must be the exact iss of the tokens to accept.");
  if (!isText(audience) && !isListOf(audience, isText)) {
    throw new TypeError("audience must be a string, or a list of at least one.");
  }
  if (!isListOf(algorithms, (name) => signingAlgorithms.some((known) => known === name))) {
    throw new TypeError(`algorithms must be a list of at least one of ${signingAlgorithms.join(", ")}.`);
  }
  if (typeof keys?.findKey !== "function") throw new TypeError("keys must have a method findKey(kid).");
  if (typeof clock !== "function") throw new TypeError("clock must be a function that gives milliseconds.");
  if (!isWithin(clockToleranceSeconds, 0, maxClockToleranceSeconds)) {
    throw new TypeError(`clockToleranceSeconds must be a whole number from 0 to ${maxClockToleranceSeconds}.`);
  }
  if (!isWithin(maxLifetimeSeconds, 1, maxLifetimeLimitSeconds)) {
    throw new TypeError(`maxLifetimeSeconds must be a whole number from 1 to ${maxLifetimeLimitSeconds}.`);
  }
  if (cache !== undefined && cache !== false && !(isPositive(cache.maxEntries) && isPositive(cache.maxBytes))) {
    throw new TypeError("cache must be false, or have maxEntries and maxBytes as whole numbers above 0.");
  }
  if (revocations !== undefined && typeof revocations?.check !== "function") {
    throw new TypeError("revocations must have a method check(claims, kid).");
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isItem);
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
}

function isPositive(value: unknown): boolean {
  return isWithin(value, 1, Number.MAX_SAFE_INTEGER);
}
