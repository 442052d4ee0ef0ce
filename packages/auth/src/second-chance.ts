// A bounded memory that forgets what is not used (the CLOCK algorithm). Its entries stand in a circle. Using one marks it, and moves
// nothing; when there is no room, a hand goes round, takes marks off, and takes out the first entry that has none.

export interface SecondChanceOptions<Value> {
  /** The most entries kept. */
  maxEntries: number;
  /** About how many bytes they may take. */
  maxBytes: number;
  keyOf(value: Value): string;
  sizeOf(value: Value): number;
}

export interface SecondChance<Value> {
  /** Finds a value and marks it as used. */
  find(key: string): Value | undefined;
  /** Keeps a value, in place of the one with the same key. One that is larger than all the room is not kept. */
  keep(value: Value): void;
  forget(key: string): void;
  readonly size: number;
}

interface Entry<Value> {
  value: Value;
  used: boolean;
  /** Where it stands in the circle. */
  place: number;
}

export function createSecondChance<Value>(options: SecondChanceOptions<Value>): SecondChance<Value> {
  const { maxEntries, maxBytes, keyOf, sizeOf } = options;
  const entries = new Map<string, Entry<Value>>();
  const circle: (Entry<Value> | undefined)[] = [];
  const freePlaces: number[] = [];
  let hand = 0;
  let bytes = 0;

  const hasRoomFor = (size: number) => entries.size < maxEntries && bytes + size <= maxBytes;

  function forget(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    circle[entry.place] = undefined;
    freePlaces.push(entry.place);
    bytes -= sizeOf(entry.value);
  }

  /** Twice round at most: after the first time nothing is marked. */
  function forgetUnused(): void {
    for (;;) {
      const entry = circle[hand];
      hand = (hand + 1) % circle.length;
      if (entry === undefined) continue;
      if (!entry.used) {
        forget(keyOf(entry.value));
        return;
      }
      entry.used = false;
    }
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
      const size = sizeOf(value);
      if (size > maxBytes) return;
      while (!hasRoomFor(size)) forgetUnused();
      const place = freePlaces.pop() ?? circle.length;
      const entry = { value, used: false, place };
      circle[place] = entry;
      entries.set(key, entry);
      bytes += size;
    },
    forget,
    get size() {
      return entries.size;
    },
  };
}
