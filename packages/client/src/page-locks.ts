// Web Locks as far as they are needed, for where there are none: one after the other, within this page alone.

/** The part of `navigator.locks` that is used. */
export interface Locks {
  request(name: string, options: { signal: AbortSignal }, work: () => Promise<unknown>): Promise<unknown>;
}

export function createPageLocks(): Locks {
  const queues = new Map<string, (() => void)[]>();

  function release(name: string): void {
    const next = queues.get(name)?.shift();
    if (next === undefined) queues.delete(name);
    else next();
  }

  async function turn(name: string, signal: AbortSignal): Promise<void> {
    const waiting = queues.get(name);
    if (waiting === undefined) return void queues.set(name, []);
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        waiting.splice(waiting.indexOf(begin), 1);
        reject(signal.reason);
      };
      const begin = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      waiting.push(begin);
    });
  }

  return {
    async request(name, { signal }, work) {
      signal.throwIfAborted();
      await turn(name, signal);
      try {
        return await work();
      } finally {
        release(name);
      }
    },
  };
}

/** Those of the browser, shared by all its tabs; undefined where it has none, as over plain http. */
export function browserLocks(): Locks | undefined {
  try {
    return typeof navigator === "undefined" ? undefined : navigator.locks;
  } catch {
    return undefined;
  }
}
