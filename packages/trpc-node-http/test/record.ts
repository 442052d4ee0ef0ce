// What one server's callbacks and procedures saw, written down so that two servers can be compared line by line.
import { inspect } from "node:util";

export type Entry = { kind: string } & Record<string, unknown>;

export type CallRecord = {
  readonly entries: readonly Entry[];
  add: (kind: string, details: Record<string, unknown>) => void;
  /** Resolves once the entries satisfy the condition: now, or after some later `add`. */
  until: (condition: (entries: readonly Entry[]) => boolean) => Promise<void>;
  /** Forgets what was seen and returns it. */
  take: () => Entry[];
};

export function createRecord(): CallRecord {
  let entries: Entry[] = [];
  const waiting = new Set<() => void>();
  return {
    get entries() {
      return entries;
    },
    add(kind, details) {
      entries.push({ kind, ...details });
      for (const check of waiting) check();
    },
    until(condition) {
      return new Promise((resolve) => {
        const check = (): void => {
          if (!condition(entries)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      });
    },
    take() {
      const taken = entries;
      entries = [];
      return taken;
    },
  };
}

/** A value as text: prototypes, `undefined` and own `__proto__` keys are visible; stacks, times and what is long or deep are cut. */
export function shown(value: unknown): string {
  if (value instanceof ReadableStream) return "[stream]";
  if (value instanceof Error) return shownError(value);
  const options = { depth: 6, maxArrayLength: 20, maxStringLength: 300, breakLength: Number.POSITIVE_INFINITY };
  return inspect(value, options).replaceAll(/\n\s+at [^\n]+|lastModified: \d+/g, "");
}

/** Everything of an error but its stack, which names the adapter's own files. */
export function shownError(error: unknown): string {
  if (!(error instanceof Error)) return shown(error);
  const code = "code" in error ? ` ${String(error.code)}` : "";
  const cause = error.cause === undefined ? "" : ` <- ${shownError(error.cause)}`;
  return `${error.name}${code}: ${error.message.slice(0, 300)}${cause}`;
}
