// A bounded memory of tokens whose signature and claims were right. It holds positive answers only, so nothing that a stranger makes up
// takes room; and it is never the last word: the caller looks at time, key and revocation again on every hit.
//
// A token is a newcomer until it is seen for the second time. Newcomers have a fifth of the room to themselves, so a flood of valid
// tokens that come once pushes out other newcomers, and none of those that are in use.

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
  remember(token: string, verified: VerifiedToken): void;
  forget(token: string): void;
}

interface Entry extends VerifiedToken {
  token: string;
}

/** Hashing a whole token takes longer than all the rest of a hit. The last 96 bits of a signature are as good a name. */
const nameLength = 16;
const newcomersShare = 0.2;
/** Measured for tokens of our own, on Node 20: 510 characters, and 420 bytes for claims, entry and name. Larger claims count twice. */
const bytesPerCharacter = 2;

export function createVerifiedTokens({ maxEntries, maxBytes }: VerifiedTokensOptions): VerifiedTokens {
  const room = (share: number) => ({
    maxEntries: Math.ceil(maxEntries * share),
    maxBytes: maxBytes * share,
    keyOf: ({ token }: Entry) => nameOf(token),
    sizeOf: ({ token }: Entry) => token.length * bytesPerCharacter,
  });
  const newcomers = createSecondChance<Entry>(room(newcomersShare));
  const regulars = createSecondChance<Entry>(room(1 - newcomersShare));

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
    remember(text, { claims, notBefore, key }) {
      const token = detached(text);
      newcomers.keep({ token, claims, notBefore, key });
    },
    forget(token) {
      const name = nameOf(token);
      newcomers.forget(name);
      regulars.forget(name);
    },
  };
}

function nameOf(token: string): string {
  return token.slice(-nameLength);
}
