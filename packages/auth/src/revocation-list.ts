// What has been ended, by name: sessions, tokens, keys. Entries are only ever added; time alone removes them, so any order
// and any repetition of the same entries leads to the same list.

import type { AccessTokenClaims } from "./claims.ts";
import type { Clock } from "./clock.ts";
import { createIdsUntil } from "./ids-until.ts";
import type { RevocationEntry } from "./revocation-source.ts";

export interface RevocationListOptions {
  clock: Clock;
  /** The most entries kept. Default 1,000,000, which takes about 70 MB. */
  maxEntries?: number;
  /** Called with what was added, after it counts; the same entries may come again. Must not throw. */
  onAdded?: (entries: readonly RevocationEntry[]) => void;
}

export interface RevocationList {
  /** Adds entries in any order, as often as they come. One that finds no room is left out: see `complete`. */
  add(entries: readonly RevocationEntry[]): void;
  /** Whether the token, its session or the key that signed it was ended. */
  isRevoked(claims: Pick<AccessTokenClaims, "sid" | "jti">, kid?: string): boolean;
  /** Looks at the next few entries of each kind, up to that many, and forgets those whose time is over. */
  sweep(steps: number): void;
  /** How many are kept; some of them may be over and not yet swept away. */
  readonly size: number;
  /** How many times an entry was left out. */
  readonly refused: number;
  /**
   * False from the moment an entry found no room, until `allWereKept`, or until the time of all that were left out is over.
   * A list that is not complete must not be trusted to know of everything.
   */
  readonly complete: boolean;
  /** Says that all there is was added once more, and had room. */
  allWereKept(): void;
}

const defaultMaxEntries = 1_000_000;
/** More than one for each that comes, so that what is over goes faster than anything can come. */
const sweepStepsPerEntry = 4;
/** Looked at before an entry is refused: about a millisecond. */
const sweepStepsWhenFull = 20_000;

/** Makes an empty list. @throws TypeError when an option is missing or out of range. */
export function createRevocationList(options: RevocationListOptions): RevocationList {
  const { clock, maxEntries = defaultMaxEntries, onAdded } = options;
  if (typeof clock !== "function") throw new TypeError("clock must be a function that gives milliseconds.");
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
    throw new TypeError("maxEntries must be a whole number above 0.");
  }
  const ended = { session: createIdsUntil(), token: createIdsUntil(), key: createIdsUntil() };
  let refused = 0;
  let incompleteUntil = Number.NEGATIVE_INFINITY;

  const now = () => clock() / 1000;
  const size = () => ended.session.size + ended.token.size + ended.key.size;

  function sweep(steps: number): void {
    for (const ids of Object.values(ended)) ids.sweep(steps, now());
  }

  return {
    add(entries) {
      const isCrowded = size() + entries.length > maxEntries;
      sweep(isCrowded ? sweepStepsWhenFull : entries.length * sweepStepsPerEntry);
      for (const { kind, id, expiresAt } of entries) {
        const until = expiresAt ?? Number.POSITIVE_INFINITY;
        if (until <= now()) continue;
        if (size() < maxEntries || ended[kind].isKept(id)) {
          ended[kind].add(id, until);
        } else {
          refused += 1;
          incompleteUntil = Math.max(incompleteUntil, until);
        }
      }
      onAdded?.(entries);
    },
    isRevoked({ sid, jti }, kid) {
      const at = now();
      return ended.session.has(sid, at) || ended.token.has(jti, at) || (kid !== undefined && ended.key.has(kid, at));
    },
    sweep,
    get size() {
      return size();
    },
    get refused() {
      return refused;
    },
    get complete() {
      return now() >= incompleteUntil;
    },
    allWereKept() {
      incompleteUntil = Number.NEGATIVE_INFINITY;
    },
  };
}
