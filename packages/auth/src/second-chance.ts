// What is used, and what is not (the CLOCK algorithm). Entries stand in a circle. Using one marks it, and moves nothing; when one has
// to go, a hand goes round, takes marks off, and takes out the first entry that has none.

export interface SecondChanceOptions<Value> {
  keyOf(value: Value): string;
  sizeOf(value: Value): number;
}

export interface SecondChance<Value> {
  /** Finds a value and marks it as used. */
  find(key: string): Value | undefined;
  /** Keeps a value, in place of the one with the same key. */
  keep(value: Value): void;
  forget(key: string): void;
  /** Forgets one that was not used since the hand came by; any one, if all were. */
  forgetUnused(): void;
  /** Looks at the next few of them, whether used or not, and forgets those that are over. */
  forgetOver(steps: number, isOver: (value: Value) => boolean): void;
  readonly count: number;
  /** The sizes of all values together. */
  readonly size: number;
}

interface Entry<Value> {
  value: Value;
  used: boolean;
  /** Where it stands in the circle. */
  place: number;
}

export function createSecondChance<Value>({ keyOf, sizeOf }: SecondChanceOptions<Value>): SecondChance<Value> {
  const entries = new Map<string, Entry<Value>>();
  const circle: (Entry<Value> | undefined)[] = [];
  const freePlaces: number[] = [];
  let hand = 0;
  let nextToLookAt = 0;
  let size = 0;

  function forget(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    circle[entry.place] = undefined;
    freePlaces.push(entry.place);
    size -= sizeOf(entry.value);
  }

  return {
    find(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entry.used = true;
      return entry.value;
    },
    keep(value) {
      const key = keyOf(value);
      forget(key);
      const place = freePlaces.pop() ?? circle.length;
      const entry = { value, used: false, place };
      circle[place] = entry;
      entries.set(key, entry);
      size += sizeOf(value);
    },
    forget,
    forgetUnused() {
      // Twice round at most: after the first time nothing is marked.
      while (entries.size > 0) {
        const entry = circle[hand];
        hand = (hand + 1) % circle.length;
        if (entry === undefined) continue;
        if (!entry.used) return forget(keyOf(entry.value));
        entry.used = false;
      }
    },
    forgetOver(steps, isOver) {
      for (let left = Math.min(steps, circle.length); left > 0; left -= 1) {
        const entry = circle[nextToLookAt];
        nextToLookAt = (nextToLookAt + 1) % circle.length;
        if (entry !== undefined && isOver(entry.value)) forget(keyOf(entry.value));
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
