import { describe, expect, it } from "vitest";
import { attemptKey, tokenKey } from "./client-storage.ts";
import { createLocalStorage, type WebStorage } from "./index.ts";

function webStorage(faults: Partial<WebStorage> = {}): WebStorage & { items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    ...faults,
  };
}

const fails = () => {
  throw new DOMException("no", "QuotaExceededError");
};

describe("createLocalStorage (WEB-08)", () => {
  it("keeps the token where other tabs find it", () => {
    const web = webStorage();
    createLocalStorage(() => web).write(tokenKey, "a.b.c");
    expect(createLocalStorage(() => web).read(tokenKey)).toBe("a.b.c");
  });

  it("lets go of what could not be stored when another tab has changed what is stored", () => {
    const storage = createLocalStorage(() => webStorage({ setItem: fails }));
    storage.write(tokenKey, "a.b.c");
    storage.dropUnsaved?.(tokenKey);
    expect(storage.read(tokenKey)).toBeNull();
  });

  const broken: [string, () => WebStorage | undefined][] = [
    ["missing", () => undefined],
    ["forbidden", fails],
    ["full", () => webStorage({ setItem: fails })],
    ["read-only", () => webStorage({ setItem: () => {} })],
    ["broken in every way", () => webStorage({ getItem: fails, setItem: fails, removeItem: fails })],
  ];
  it.each(broken)("falls back to memory when the storage is %s", (_, open) => {
    const storage = createLocalStorage(open);
    expect(storage.read(tokenKey)).toBeNull();
    storage.write(tokenKey, "a.b.c");
    expect(storage.read(tokenKey)).toBe("a.b.c");
    storage.remove(tokenKey);
    expect(storage.read(tokenKey)).toBeNull();
  });

  it("does not leave the former token behind when the new one does not fit", () => {
    const web = webStorage({ setItem: fails });
    web.items.set(tokenKey, "for.mer.token");
    const storage = createLocalStorage(() => web);
    storage.write(tokenKey, "a.b.c");
    expect(storage.read(tokenKey)).toBe("a.b.c");
    expect(web.items.size).toBe(0);
  });

  it("keeps each value apart, and drops only the one that is out of date", () => {
    const storage = createLocalStorage(() => webStorage({ setItem: fails }));
    storage.write(tokenKey, "a.b.c");
    storage.write(attemptKey, "an attempt");
    storage.dropUnsaved?.(tokenKey);
    expect([storage.read(tokenKey), storage.read(attemptKey)]).toEqual([null, "an attempt"]);
  });

  it("gives null for what a broken storage answers", () => {
    expect(createLocalStorage(() => webStorage({ getItem: () => 7 as never })).read(tokenKey)).toBeNull();
  });
});
