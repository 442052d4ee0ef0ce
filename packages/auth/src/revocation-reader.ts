// Reads a source of revocations into a list, without a gap: how far it has read, what it does when the source begins anew,
// and when it lets others have their turn.

import type { AskForPage } from "./bounded-source.ts";
import type { RevocationList } from "./revocation-list.ts";
import { isEntry, isPage, type RevocationPage } from "./revocation-source.ts";

export interface RevocationReaderOptions {
  ask: AskForPage;
  list: RevocationList;
  monotonicMs: () => number;
  /** Over when everybody who waited has had a turn. */
  nextTurn(): Promise<void>;
}

export interface RevocationReader {
  /**
   * Reads all that is new, from the beginning if there is nothing yet or the source began anew.
   *
   * @returns the monotonic moment up to which everything committed is now in the list
   */
  readNews(signal: AbortSignal): Promise<number>;
  /** Reads the next page of the whole list once more. @returns whether that was the last one */
  readAgain(signal: AbortSignal): Promise<boolean>;
  /** Makes the next `readNews` read everything. */
  startOver(): void;
}

/** Adding that many takes well under a millisecond. */
const entriesPerTurn = 1_000;

export function createRevocationReader({
  ask,
  list,
  monotonicMs,
  nextTurn,
}: RevocationReaderOptions): RevocationReader {
  /** Everything up to this number is in the list. */
  let readUpTo = 0;
  /** The highest number the source ever told. One that is lower later on belongs to another list. */
  let highest = 0;
  let readAgainUpTo = 0;
  let refusedBefore = 0;

  /** Adds the entries of a page, a few at a time. @returns the highest number among them, or `after` */
  async function addAll(entries: RevocationPage["entries"], after: number, signal: AbortSignal): Promise<number> {
    let upTo = after;
    let malformed = 0;
    for (let start = 0; start < entries.length; start += entriesPerTurn) {
      if (start > 0) await nextTurn();
      signal.throwIfAborted();
      const some = entries.slice(start, start + entriesPerTurn);
      const wellFormed = some.filter(isEntry);
      malformed += some.length - wellFormed.length;
      list.add(wellFormed);
      upTo = wellFormed.reduce((most, { seq }) => Math.max(most, seq), upTo);
    }
    // The others of its page are known even so: one bad row must not keep those that follow it from being refused.
    if (malformed > 0) throw new Error(`${malformed} of ${entries.length} revocations are malformed.`);
    return upTo;
  }

  async function readPage(after: number, signal: AbortSignal) {
    const answer = await ask(after, signal);
    signal.throwIfAborted();
    if (!isPage(answer)) throw new Error("The source of revocations did not answer with a page.");
    const { entries, last } = answer;
    const upTo = await addAll(entries, after, signal);
    if (upTo === after && entries.length > 0 && upTo < last) {
      throw new Error("The source of revocations repeats itself.");
    }
    return { upTo, last, isEmpty: entries.length === 0 };
  }

  return {
    async readNews(signal) {
      for (let hasBegunAnew = false; ; await nextTurn()) {
        const askedAt = monotonicMs();
        const { upTo, last, isEmpty } = await readPage(readUpTo, signal);
        if (last < highest) {
          // A database that was restored, or another one. Its numbers say nothing about what we have read.
          if (hasBegunAnew) throw new Error("The source of revocations goes back again and again.");
          hasBegunAnew = true;
          highest = 0;
          readUpTo = 0;
          continue;
        }
        readUpTo = upTo;
        highest = Math.max(last, upTo);
        // A page that is not full need not be the last: the source may have a smaller limit than ours.
        if (isEmpty || readUpTo >= last) return askedAt;
      }
    },
    async readAgain(signal) {
      if (readAgainUpTo === 0) refusedBefore = list.refused;
      const { upTo, isEmpty } = await readPage(readAgainUpTo, signal);
      readAgainUpTo = upTo;
      if (!isEmpty && upTo < readUpTo) return false;
      readAgainUpTo = 0;
      if (list.refused === refusedBefore) list.allWereKept();
      return true;
    },
    startOver() {
      readUpTo = 0;
    },
  };
}
