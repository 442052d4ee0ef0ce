// Ids, each until a moment of its own. Nothing runs when that moment comes: asking compares, and a hand that goes round,
// a few steps at a time, takes out what is over. So there are no timers, and no call ever has the whole list to clear.

export interface IdsUntil {
  /** Adds an id, or leaves it for longer if it is there already. Moments are seconds; Infinity for never. */
  add(id: string, until: number): void;
  /** Whether the id is there and its moment has not come. */
  has(id: string, now: number): boolean;
  /** Whether the id is there, over or not. */
  isKept(id: string): boolean;
  /** Moves the hand on by up to that many ids and takes out those that are over. */
  sweep(steps: number, now: number): void;
  readonly size: number;
}

export function createIdsUntil(): IdsUntil {
  const moments = new Map<string, number>();
  // An iterator of a Map may be left standing while entries come and go.
  let hand = moments.entries();

  return {
    add(id, until) {
      const before = moments.get(id);
      if (before === undefined || before < until) moments.set(id, until);
    },
    has(id, now) {
      const until = moments.get(id);
      // Put this way round for a clock that gives NaN: what was ended stays ended.
      return until !== undefined && !(until <= now);
    },
    isKept: (id) => moments.has(id),
    sweep(steps, now) {
      // Once round, and one step for turning back at the end.
      for (let left = Math.min(steps, moments.size + 1); left > 0; left--) {
        const next = hand.next();
        if (next.done) {
          hand = moments.entries();
        } else if (next.value[1] <= now) {
          moments.delete(next.value[0]);
        }
      }
    },
    get size() {
      return moments.size;
    },
  };
}
