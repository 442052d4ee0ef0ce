// Chance that can be repeated: the same seed makes the same choices, on every machine.

export interface Chance {
  /** From 0 to one less than `limit`. */
  below(limit: number): number;
  /** True so often: 0 is never, 1 always. */
  often(share: number): boolean;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  /** One of the makers, each as often as its weight says. */
  weighted<Value>(makers: readonly [weight: number, make: () => Value][]): Value;
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0;

  /** Mulberry32: 32 bits of state, each of which reaches all others. */
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    often: (share) => next() < share,
    pick: (items) => items[below(items.length)] ?? items[0],
    weighted(makers) {
      let left = next() * makers.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, make] of makers) {
        left -= weight;
        if (left < 0) return make();
      }
      throw new TypeError("Nothing to choose from.");
    },
  };
}

/** The seed of one request of a campaign: neighbours have nothing in common. */
export function seedOf(campaignSeed: number, index: number): number {
  return Math.imul(campaignSeed ^ Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b) >>> 0;
}
