// A bounded memory of tokens whose signature and claims were right. It holds positive answers only, so nothing that a stranger makes up
// takes room; and it is never the last word: the caller looks at time, key and revocation again on every hit.
//
// A token is a newcomer until it is seen for the second time. Where there is no room left, newcomers push out one another, as long as
// they have a fifth of it: so a flood of valid tokens that come once pushes out none of those that are in use.

import type { AccessTokenClaims } from "./claims.ts";
import { createSecondChance, type Entry } from "./second-chance.ts";
import { createTokenTexts, isTextOf, type TokenText } from "./token-texts.ts";
import type { VerificationKey } from "./verification-keys.ts";

export interface VerifiedToken {
  claims: AccessTokenClaims;
  /** NumericDate seconds. */
  notBefore: number;
  key: VerificationKey;
}

export interface VerifiedTokensOptions {
  /** The most tokens kept. */
  maxEntries: number;
  /** About how much memory they may take. */
  maxBytes: number;
}

export interface VerifiedTokens {
  find(token: string): VerifiedToken | undefined;
  /** @param now NumericDate seconds: tokens that are over by then make room. */
  remember(token: string, verified: VerifiedToken, now: number): void;
  forget(token: string): void;
}

interface RememberedToken extends VerifiedToken, TokenText, Entry {}

/** Characters of six bits each, but for the last one. Every signature has more of them. */
const nameLength = 8;
/** An odd number that carries each character into the bits of all others. */
const spread = 0x01000193;
const newcomersShare = 0.2;
const stepsPerNewcomer = 4;
/** Measured for tokens of our own, on Node 20: 730 bytes where there are 576 characters. Larger claims count twice. */
const bytesPerCharacter = 2;

export function createVerifiedTokens({ maxEntries, maxBytes }: VerifiedTokensOptions): VerifiedTokens {
  const newcomers = createSecondChance(kind);
  const regulars = createSecondChance(kind);
  const textOf = createTokenTexts();

  const isFull = (bytes: number) =>
    newcomers.count + regulars.count >= maxEntries || newcomers.size + regulars.size + bytes > maxBytes;
  const hasManyNewcomers = () =>
    newcomers.count > maxEntries * newcomersShare || newcomers.size > maxBytes * newcomersShare || regulars.count === 0;

  function forget(token: string): void {
    const name = nameOf(token);
    newcomers.forget(name);
    regulars.forget(name);
  }

  return {
    find(token) {
      const name = nameOf(token);
      const regular = regulars.find(name);
      // Two tokens may end alike: the whole text has to be the same.
      if (regular !== undefined) return isTextOf(regular, token) ? regular : undefined;
      const newcomer = newcomers.find(name);
      if (newcomer === undefined || !isTextOf(newcomer, token)) return undefined;
      newcomers.forget(name);
      regulars.keep(newcomer);
      return newcomer;
    },
    remember(token, { claims, notBefore, key }, now) {
      const { head, rest } = textOf(token);
      const entry = { head, rest, claims, notBefore, key, used: false, place: 0 };
      const bytes = kind.sizeOf(entry);
      if (bytes > maxBytes) return;
      forget(token);
      // More than one for each that comes, so that those that are over go faster than any come.
      for (const tokens of [newcomers, regulars])
        tokens.forgetOver(stepsPerNewcomer, ({ claims: { exp } }) => exp < now);
      while (isFull(bytes)) (hasManyNewcomers() ? newcomers : regulars).forgetUnused();
      newcomers.keep(entry);
    },
    forget,
  };
}

const kind = {
  keyOf: ({ rest }: RememberedToken) => nameOf(rest),
  sizeOf: ({ head, rest }: RememberedToken) => (head.length + rest.length) * bytesPerCharacter,
};

/**
 * A number that is made of the end of its signature, as good as drawn at random: nobody knows those of others, and of 20,000 tokens
 * hardly two have the same. To hash the whole text would take longer than all the rest of a hit.
 */
function nameOf(token: string): number {
  let name = 0;
  for (let index = Math.max(0, token.length - nameLength); index < token.length; index += 1) {
    name = (Math.imul(name, spread) + token.charCodeAt(index)) | 0;
  }
  return name;
}
