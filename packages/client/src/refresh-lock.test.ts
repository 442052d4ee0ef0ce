import { describe, expect, it } from "vitest";
import { createFakeClock, flush } from "../test/harness.ts";
import { createPageLocks, type Locks } from "./page-locks.ts";
import { createRefreshLock, lockName, longestLockWaitMs } from "./refresh-lock.ts";

/** Work that ends when the test says so. */
function task() {
  let finish: () => void = () => {};
  const state = { begun: 0, done: false };
  const work = () =>
    new Promise<string>((resolve) => {
      state.begun += 1;
      finish = () => {
        state.done = true;
        resolve("done");
      };
    });
  return { work, state, finish: () => finish() };
}

const working: [string, () => Locks][] = [["locks of the page", createPageLocks]];
if (typeof navigator !== "undefined" && navigator.locks !== undefined) {
  working.push(["real Web Locks", () => navigator.locks]);
}

describe.each(working)("with %s", (_, make) => {
  it("lets one after the other in", async () => {
    const clock = createFakeClock();
    const locks = make();
    const first = task();
    const second = task();
    const done = createRefreshLock(locks, clock).run(first.work);
    const then = createRefreshLock(locks, clock).run(second.work);
    await flush();
    expect([first.state.begun, second.state.begun]).toEqual([1, 0]);
    first.finish();
    expect(await done).toBe("done");
    await flush();
    expect(second.state.begun).toBe(1);
    second.finish();
    expect(await then).toBe("done");
  });

  it("goes on without after five seconds, once, when the one who holds it is frozen (F14)", async () => {
    const clock = createFakeClock();
    const locks = make();
    const frozen = task();
    const next = task();
    void createRefreshLock(locks, clock).run(frozen.work);
    const done = createRefreshLock(locks, clock).run(next.work);
    await clock.advance(longestLockWaitMs - 1);
    expect(next.state.begun).toBe(0);
    await clock.advance(1);
    expect(next.state.begun).toBe(1);
    next.finish();
    expect(await done).toBe("done");
    frozen.finish();
    await flush();
    expect(next.state.begun).toBe(1);
    // Nobody is left in the queue.
    const last = task();
    void createRefreshLock(locks, clock).run(last.work);
    await flush();
    expect(last.state.begun).toBe(1);
    last.finish();
    await flush();
  });

  it("is given back after work that failed", async () => {
    const clock = createFakeClock();
    const locks = make();
    const fails = () => Promise.reject(new Error("no"));
    await expect(createRefreshLock(locks, clock).run(fails)).rejects.toThrow("no");
    expect(await createRefreshLock(locks, clock).run(() => Promise.resolve(1))).toBe(1);
  });
});

describe("without a working lock (F14)", () => {
  const refusing: [string, Locks][] = [
    ["refuses", { request: () => Promise.reject(new DOMException("no", "SecurityError")) }],
    [
      "throws",
      {
        request: () => {
          throw new TypeError("no");
        },
      },
    ],
    ["never answers", { request: () => new Promise(() => {}) }],
    [
      "is taken away in the middle",
      {
        request: async (_name, _options, work) => {
          void work();
          throw new DOMException("stolen", "AbortError");
        },
      },
    ],
  ];
  it.each(refusing)("runs the work once when the lock %s", async (_, locks) => {
    const clock = createFakeClock();
    const { work, state, finish } = task();
    const done = createRefreshLock(locks, clock).run(work);
    await clock.advance(longestLockWaitMs);
    expect(state.begun).toBe(1);
    finish();
    expect(await done).toBe("done");
  });
});

it("asks for the lock by the name that all tabs know", async () => {
  const names: string[] = [];
  const locks: Locks = {
    request(name, _options, work) {
      names.push(name);
      return work();
    },
  };
  await createRefreshLock(locks, createFakeClock()).run(() => Promise.resolve());
  expect(names).toEqual([lockName]);
  expect(lockName).toBe("signet.refresh");
});
