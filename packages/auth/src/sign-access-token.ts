// Claims in, compact JWS out.

import { decode, encode } from "jose/base64url";
import { CompactSign } from "jose/jws/compact/sign";
import { type AccessTokenClaims, accessTokenClaimsSchema } from "./claims.ts";
import { type Clock, numericDate } from "./clock.ts";
import { withLowS } from "./ecdsa-signature.ts";
import type { SigningKey } from "./signing-keys.ts";

/** Who is signed in, how, and what they may do. */
export interface AccessTokenGrant {
  /** The person's opaque id. */
  subject: string;
  sessionId: string;
  username: string;
  scope: readonly string[];
  /** NumericDate seconds of the sign-in. */
  authTime: number;
  amr: readonly ("pwd" | "fed")[];
  /** `iat` in NumericDate seconds, for a moment that the database has told. Default now. */
  issuedAt?: number;
  /** Whole seconds from `issuedAt` until the session ends: the token ends no later, but lives a second at least. */
  sessionSecondsLeft?: number;
}

export interface AccessTokenSignerOptions {
  /** Our public origin: `iss`. */
  issuer: string;
  /** Who may accept the tokens; a string in the token when there is one, else a list. */
  audience: readonly string[];
  /** Asked for the key of the moment at every token, so a rotation needs no restart. */
  keys: { signingKey(): SigningKey };
  clock: Clock;
  /** The longest lifetime in seconds, 1 to 900. */
  ttlSeconds: number;
  /** Gives that many random bytes. Default: the runtime's cryptographic source. */
  random?: (length: number) => Uint8Array;
}

export interface AccessTokenSigner {
  /**
   * Signs an access token for somebody whose identity was just proven.
   *
   * Does not check: whether the session still stands, or the person may have these scopes.
   *
   * @throws AuthError `keys_unavailable` while there is no key to sign with
   * @throws TypeError when the grant does not make valid claims; RangeError when the claims would exceed 1 KiB
   */
  sign(grant: AccessTokenGrant): Promise<{ accessToken: string; claims: AccessTokenClaims }>;
}

/**
 * What a token says, in bytes of JSON. Its header is small and its signature is as long as the key wants: an RSA key of
 * 4096 bits alone makes 683 characters of it.
 */
const maxClaimsBytes = 1024;
const maxTtlSeconds = 900;
/** Tokens that were issued together must not end together, or all their holders come to refresh at once. */
const jitter = 0.1;
const clientId = "signet";

/** Makes a signer. @throws TypeError when an option is missing or out of range. */
export function createAccessTokenSigner(options: AccessTokenSignerOptions): AccessTokenSigner {
  checkOptions(options);
  const { issuer, keys, clock, ttlSeconds, random = randomBytes } = options;
  const [onlyAudience, ...more] = options.audience;
  const audience = onlyAudience !== undefined && more.length === 0 ? onlyAudience : [...options.audience];

  return {
    async sign(grant) {
      const { issuedAt = numericDate(clock), sessionSecondsLeft = ttlSeconds } = grant;
      // Math.min would make NaN of it, or take a text for a number.
      if (!isCount(issuedAt)) throw new TypeError("issuedAt must be whole seconds since the Unix epoch.");
      if (!isCount(sessionSecondsLeft)) throw new TypeError("sessionSecondsLeft must be whole seconds, 0 or more.");
      const lifetime = Math.max(1, Math.min(shortened(ttlSeconds, random), sessionSecondsLeft));
      const claims = checkClaims({
        // What many tokens have in common comes first: whoever keeps them keeps it once.
        iss: issuer,
        aud: audience,
        client_id: clientId,
        amr: [...grant.amr],
        scope: grant.scope.join(" "),
        sub: grant.subject,
        sid: grant.sessionId,
        jti: encode(random(16)),
        iat: issuedAt,
        exp: issuedAt + lifetime,
        // The sign-in may have been timed by the database, whose clock can be a moment ahead of ours.
        auth_time: Math.min(grant.authTime, issuedAt),
        preferred_username: grant.username,
      });
      // A scope with a space in it would arrive as two.
      if (grant.scope.some((scope) => scope === "" || scope.includes(" "))) {
        throw new TypeError("A scope is one word of the characters that RFC 6749 §3.3 allows.");
      }
      const bytes = new TextEncoder().encode(JSON.stringify(claims)).length;
      if (bytes > maxClaimsBytes) {
        throw new RangeError(`The claims would have ${bytes} bytes, more than 1 KiB. Grant fewer scopes.`);
      }
      return { accessToken: await signClaims(claims, keys.signingKey()), claims };
    },
  };
}

async function signClaims(claims: AccessTokenClaims, { kid, algorithm, key }: SigningKey): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(claims));
  const header = { alg: algorithm, kid, typ: "at+jwt" };
  const token = await new CompactSign(payload).setProtectedHeader(header).sign(key);
  if (algorithm !== "ES256") return token;
  // Of the two spellings of an ECDSA signature the verifier takes one.
  const dot = token.lastIndexOf(".");
  return `${token.slice(0, dot)}.${encode(withLowS(decode(token.slice(dot + 1))))}`;
}

function shortened(ttlSeconds: number, random: (length: number) => Uint8Array): number {
  const [high = 0, low = 0] = random(2);
  const fraction = (high * 256 + low) / 65_536;
  return ttlSeconds - Math.floor(fraction * (Math.floor(ttlSeconds * jitter) + 1));
}

function checkClaims(claims: AccessTokenClaims): AccessTokenClaims {
  const { success, error } = accessTokenClaimsSchema.safeParse(claims);
  if (success) return claims;
  throw new TypeError(`The access token's ${String(error.issues[0]?.path[0])} would not be valid.`);
}

function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

function checkOptions({ issuer, audience, keys, clock, ttlSeconds }: AccessTokenSignerOptions): void {
  if (!isText(issuer)) throw new TypeError("issuer must be our public origin.");
  if (!Array.isArray(audience) || audience.length === 0 || !audience.every(isText)) {
    throw new TypeError("audience must be a list of at least one string.");
  }
  if (typeof keys?.signingKey !== "function") throw new TypeError("keys must have a method signingKey().");
  if (typeof clock !== "function") throw new TypeError("clock must be a function that gives milliseconds.");
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > maxTtlSeconds) {
    throw new TypeError(`ttlSeconds must be a whole number from 1 to ${maxTtlSeconds}.`);
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
