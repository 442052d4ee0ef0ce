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
   * @param waitMs How long the source may hold the first question, when there is nothing new.
   * @returns the monotonic moment up to which everything committed is now in the list: when the last question was asked. An
   *   answer that was held proves no more than that.
   */
  readNews(signal: AbortSignal, waitMs: number): Promise<number>;
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
  let epoch: string | undefined;
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

  /** A database that was restored, or another one. Its numbers say nothing about what we have read. */
  function isOfAnotherList(page: RevocationPage, after: number): boolean {
    if (epoch !== undefined && page.epoch !== undefined && page.epoch !== epoch) return true;
    // Where `last` tells how far the page goes, it is behind the highest number on every page but the last.
    return page.last < (page.more === undefined ? highest : after);
  }

  async function readPage(after: number, signal: AbortSignal, waitMs = 0) {
    const page = await ask(after, signal, waitMs);
    signal.throwIfAborted();
    if (!isPage(page)) throw new Error("The source of revocations did not answer with a page.");
    const { entries, last, more } = page;
    const highestRead = await addAll(entries, after, signal);
    const upTo = more === undefined ? highestRead : Math.max(highestRead, last);
    // A page that is not full need not be the last: the source may have a smaller limit than ours.
    const isLast = more === undefined ? entries.length === 0 || upTo >= last : !more;
    if (upTo === after && !isLast) throw new Error("The source of revocations repeats itself.");
    return { page, upTo, isLast };
  }

  return {
    async readNews(signal, waitMs) {
      for (let round = 0, hasBegunAnew = false; ; await nextTurn(), round++) {
        const askedAt = monotonicMs();
        const { page, upTo, isLast } = await readPage(readUpTo, signal, round === 0 ? waitMs : 0);
        if (isOfAnotherList(page, readUpTo)) {
          if (hasBegunAnew) throw new Error("The source of revocations goes back again and again.");
          hasBegunAnew = true;
          epoch = page.epoch;
          highest = 0;
          readUpTo = 0;
          readAgainUpTo = 0;
          continue;
        }
        epoch = page.epoch;
        readUpTo = upTo;
        highest = Math.max(page.last, upTo);
        if (isLast) return askedAt;
      }
    },
    async readAgain(signal) {
      if (readAgainUpTo === 0) refusedBefore = list.refused;
      const { page, upTo, isLast } = await readPage(readAgainUpTo, signal);
      if (page.epoch !== epoch) {
        // The news that is read next begins anew; this reading then does so as well.
        readAgainUpTo = 0;
        return false;
      }
      readAgainUpTo = upTo;
      if (!isLast && upTo < readUpTo) return false;
      readAgainUpTo = 0;
      if (list.refused === refusedBefore) list.allWereKept();
      return true;
    },
    startOver() {
      readUpTo = 0;
    },
  };
}
