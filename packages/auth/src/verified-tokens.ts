// A bounded memory of tokens whose signature and claims were right. It holds positive answers only, so nothing that a stranger makes up
// takes room; and it is never the last word: the caller looks at time, key and revocation again on every hit.
//
// A token is a newcomer until it is seen for the second time. Where there is no room left, newcomers push out one another, as long as
// they have a fifth of it: so a flood of valid tokens that come once pushes out none of those that are in use.

import type { AccessTokenClaims } from "./claims.ts";
import { detached } from "./compact-jws.ts";
import { createSecondChance } from "./second-chance.ts";
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

interface Entry extends VerifiedToken {
  token: string;
}

/** Hashing a whole token takes longer than all the rest of a hit. The last 96 bits of a signature are as good a name. */
const nameLength = 16;
const newcomersShare = 0.2;
const stepsPerNewcomer = 4;
/** Measured for tokens of our own, on Node 20: 510 characters, and 500 bytes for claims, entry and name. Larger claims count twice. */
const bytesPerCharacter = 2;

export function createVerifiedTokens({ maxEntries, maxBytes }: VerifiedTokensOptions): VerifiedTokens {
  const sizeOf = ({ token }: Entry) => token.length * bytesPerCharacter;
  const kind = { keyOf: ({ token }: Entry) => nameOf(token), sizeOf };
  const newcomers = createSecondChance<Entry>(kind);
  const regulars = createSecondChance<Entry>(kind);

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
      if (regular !== undefined) return regular.token === token ? regular : undefined;
      const newcomer = newcomers.find(name);
      if (newcomer?.token !== token) return undefined;
      newcomers.forget(name);
      regulars.keep(newcomer);
      return newcomer;
    },
    remember(text, { claims, notBefore, key }, now) {
      const entry = { token: detached(text), claims, notBefore, key };
      const bytes = sizeOf(entry);
      if (bytes > maxBytes) return;
      forget(text);
      // More than one for each that comes, so that those that are over go faster than any come.
      for (const tokens of [newcomers, regulars])
        tokens.forgetOver(stepsPerNewcomer, ({ claims: { exp } }) => exp < now);
      while (isFull(bytes)) (hasManyNewcomers() ? newcomers : regulars).forgetUnused();
      newcomers.keep(entry);
    },
    forget,
  };
}

function nameOf(token: string): string {
  return token.slice(-nameLength);
}
