// What is used, and what is not (the CLOCK algorithm). Entries stand in a circle. Using one marks it, and moves nothing; when one has
// to go, a hand goes round, takes marks off, and takes out the first entry that has none.

/** Mark and place are part of the entry: thousands of them are kept, and each is one object. */
export interface Entry {
  used: boolean;
  /** Where it stands in the circle. */
  place: number;
}

export interface SecondChanceOptions<Kept extends Entry, Key> {
  keyOf(entry: Kept): Key;
  sizeOf(entry: Kept): number;
}

export interface SecondChance<Kept extends Entry, Key> {
  /** Finds an entry and marks it as used. */
  find(key: Key): Kept | undefined;
  /** Keeps an entry, in place of the one with the same key. It counts as not used. */
  keep(entry: Kept): void;
  forget(key: Key): void;
  /** Forgets one that was not used since the hand came by; any one, if all were. */
  forgetUnused(): void;
  /** Looks at the next few of them, whether used or not, and forgets those that are over. */
  forgetOver(steps: number, isOver: (entry: Kept) => boolean): void;
  readonly count: number;
  /** The sizes of all entries together. */
  readonly size: number;
}

export function createSecondChance<Kept extends Entry, Key>(
  options: SecondChanceOptions<Kept, Key>,
): SecondChance<Kept, Key> {
  const { keyOf, sizeOf } = options;
  const entries = new Map<Key, Kept>();
  const circle: (Kept | undefined)[] = [];
  const freePlaces: number[] = [];
  let hand = 0;
  let nextToLookAt = 0;
  let size = 0;

  function forget(key: Key): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    circle[entry.place] = undefined;
    freePlaces.push(entry.place);
    size -= sizeOf(entry);
  }

  return {
    find(key) {
      const entry = entries.get(key);
      if (entry !== undefined) entry.used = true;
      return entry;
    },
    keep(entry) {
      const key = keyOf(entry);
      forget(key);
      entry.used = false;
      entry.place = freePlaces.pop() ?? circle.length;
      circle[entry.place] = entry;
      entries.set(key, entry);
      size += sizeOf(entry);
    },
    forget,
    forgetUnused() {
      // Twice round at most: after the first time nothing is marked.
      for (let left = 2 * circle.length; left > 0; left -= 1) {
        const entry = circle[hand];
        hand = (hand + 1) % circle.length;
        if (entry === undefined) continue;
        if (!entry.used) return forget(keyOf(entry));
        entry.used = false;
      }
    },
    forgetOver(steps, isOver) {
      for (let left = Math.min(steps, circle.length); left > 0; left -= 1) {
        const entry = circle[nextToLookAt];
        nextToLookAt = (nextToLookAt + 1) % circle.length;
        if (entry !== undefined && isOver(entry)) forget(keyOf(entry));
      }
    },
    get count() {
      return entries.size;
    },
    get size() {
      return size;
    },
  };
}
