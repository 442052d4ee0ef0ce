// What every counter store must do, whatever it is made of. Plain cases, as in the account store's contract.

import assert from "node:assert/strict";
import type { ContractCase } from "./account-store-contract.ts";
import { randomId } from "./session-start.ts";
import type { Counter, CounterStore } from "./stores.ts";

type Check = (store: CounterStore) => Promise<void>;

/** @param open Gives the store; the same one each time is fine, as every case has keys of its own. */
export function counterStoreContract(open: () => CounterStore | Promise<CounterStore>): ContractCase[] {
  return Object.entries(checks).map(([name, check]) => ({ name, run: async () => check(await open()) }));
}

const newCounter = (most: number): Counter => ({ key: `contract:${randomId()}`, most, windowSeconds: 60 });

async function fullKeys(store: CounterStore, ...counters: Counter[]): Promise<string[]> {
  return (await store.count(counters)).full.map(({ key }) => key);
}

/** How many find room, of so many one after the other. */
async function freeRoom(store: CounterStore, counter: Counter, attempts = counter.most + 3): Promise<number> {
  let found = 0;
  for (let attempt = 0; attempt < attempts; attempt += 1) if ((await fullKeys(store, counter)).length === 0) found += 1;
  return found;
}

const checks: Record<string, Check> = {
  "has as much room as a counter says, each by itself": async (store) => {
    const [three, one, none] = [newCounter(3), newCounter(1), newCounter(0)];
    assert.deepEqual(
      [await freeRoom(store, three), await freeRoom(store, one), await freeRoom(store, none)],
      [3, 1, 0],
    );
  },

  "says which have no room, and for how long": async (store) => {
    const [full, other, empty] = [newCounter(1), newCounter(1), newCounter(1)];
    await store.count([full, other]);
    const { full: refused } = await store.count([empty, full, other]);
    assert.deepEqual(
      refused.map(({ key }) => key),
      [full.key, other.key],
    );
    for (const { secondsLeft } of refused) assert.ok(secondsLeft > 50 && secondsLeft <= 60, String(secondsLeft));
  },

  "counts on none where one has no room, whichever it is": async (store) => {
    const [full, first, last] = [newCounter(1), newCounter(2), newCounter(2)];
    await store.count([full]);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      assert.deepEqual(await fullKeys(store, first, full, last), [full.key]);
    }
    assert.deepEqual([await freeRoom(store, first), await freeRoom(store, last)], [2, 2]);
  },

  "takes no room of the others for those that find none, not for a moment": async (store) => {
    const [full, shared] = [newCounter(1), newCounter(1)];
    await store.count([full]);
    const flood = Promise.all(Array.from({ length: 200 }, () => fullKeys(store, full, shared)));
    for (let guest = 0; guest < 20; guest += 1) {
      const { counted, full: refused } = await store.count([shared]);
      assert.deepEqual(refused, []);
      await store.takeBack(counted);
    }
    for (const refused of await flood) assert.ok(refused.includes(full.key));
  },

  "of a hundred at once counts as many as there is room for, also on keys that nobody has seen": async (store) => {
    for (let round = 0; round < 5; round += 1) {
      const [near, account] = [newCounter(100), newCounter(7)];
      const refused = await Promise.all(Array.from({ length: 100 }, () => fullKeys(store, near, account)));
      assert.equal(refused.filter((keys) => keys.length === 0).length, 7);
      // What was refused was counted nowhere.
      assert.equal(await freeRoom(store, near), 93);
      assert.equal(await freeRoom(store, account), 0);
    }
  },

  "lets nobody in who was not counted, while others come and go": async (store) => {
    const [door, room] = [newCounter(3), newCounter(2)];
    let inside = 0;
    let entered = 0;
    const guest = async () => {
      for (let attempt = 0; attempt < 25; attempt += 1) {
        const { counted, full } = await store.count([door, room]);
        if (full.length > 0) continue;
        inside += 1;
        entered += 1;
        assert.ok(inside <= 2, `${inside} inside`);
        await Promise.resolve();
        inside -= 1;
        await store.takeBack(counted);
      }
    };
    await Promise.all(Array.from({ length: 12 }, guest));
    assert.ok(entered > 0);
    assert.deepEqual([await freeRoom(store, door), await freeRoom(store, room)], [3, 2]);
  },

  "counts nothing on no counter": async (store) => {
    assert.deepEqual(await store.count([]), { counted: [], full: [] });
  },

  "has room again for what is taken back": async (store) => {
    const [first, second] = [newCounter(2), newCounter(2)];
    await store.count([first, second]);
    const { counted } = await store.count([first, second]);
    await store.takeBack(counted);
    assert.deepEqual([await freeRoom(store, first), await freeRoom(store, second)], [1, 1]);
  },

  "takes nothing back from a key that it does not have, or from another window": async (store) => {
    const [unseen, counter] = [newCounter(1), newCounter(2)];
    await store.takeBack([{ ...unseen, until: Date.now() + 60_000 }]);
    assert.equal(await freeRoom(store, unseen), 1);
    const [counted] = (await store.count([counter])).counted;
    assert.ok(counted);
    await store.takeBack([{ ...counted, until: counted.until - 60_000 }]);
    assert.equal(await freeRoom(store, counter), 1);
  },
};
