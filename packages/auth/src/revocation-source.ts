// Where revocations come from, as a follower sees it: an append-only list, read by pages. What a source answers is checked
// before anything is done with it.

/** That something was ended before its time. */
export interface RevocationEntry {
  /** Its place in the list: 1, 2, 3 … in the order in which they were committed. */
  seq: number;
  /** What was ended: a session (`sid`), one token (`jti`), or a key with all it signed (`kid`). */
  kind: "session" | "token" | "key";
  id: string;
  /** NumericDate seconds: no token that it covers is good after that. Null for never, as keys have it. */
  expiresAt: number | null;
}

export interface RevocationPage {
  /** Those with a number above `after`, in order. Entries whose time is over may be left out. */
  entries: readonly RevocationEntry[];
  /**
   * The highest number given out so far, 0 when there was none. It goes back only when the list began anew. On a page that says
   * `more`, either way: how far the page goes.
   */
  last: number;
  /** Names the list. Another name means another list, or one that was restored: it is read from the beginning. */
  epoch?: string;
  /** From a source that does not tell the highest number: whether there is more after `last`. */
  more?: boolean;
}

export interface RevocationSource {
  /**
   * @param after The highest number already known; 0 to begin.
   * @param limit The most entries wanted; fewer may be given.
   * @param signal Aborts when nobody waits for the answer any more. A source may ignore it.
   * @param waitMs While there is nothing after `after`, the answer may be held for so long. A source may ignore it.
   */
  listRevocations(after: number, limit: number, signal: AbortSignal, waitMs: number): Promise<RevocationPage>;
}

const kinds: ReadonlySet<unknown> = new Set(["session", "token", "key"]);
/** Longer than any id that fits into a token of 8 KiB makes sense for; a bound on what one entry can cost. */
const maxIdLength = 1024;

/** Whether an answer has the form of a page. Its entries are looked at one by one, with `isEntry`. */
export function isPage(answer: unknown): answer is RevocationPage {
  const page = answer as RevocationPage | null | undefined;
  return (
    typeof page === "object" &&
    page !== null &&
    Array.isArray(page.entries) &&
    isCount(page.last) &&
    (page.epoch === undefined || isName(page.epoch)) &&
    (page.more === undefined || typeof page.more === "boolean")
  );
}

export function isEntry(value: unknown): value is RevocationEntry {
  if (typeof value !== "object" || value === null) return false;
  const { seq, kind, id, expiresAt } = value as RevocationEntry;
  return isCount(seq) && seq > 0 && kinds.has(kind) && isName(id) && (expiresAt === null || isCount(expiresAt));
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.length <= maxIdLength;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
