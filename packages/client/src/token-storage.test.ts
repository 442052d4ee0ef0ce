import { describe, expect, it } from "vitest";
import { createLocalStorage, type WebStorage } from "./index.ts";
import { storageKey } from "./token-storage.ts";

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
    createLocalStorage(() => web).write("a.b.c");
    expect(createLocalStorage(() => web).read()).toBe("a.b.c");
  });

  it("lets go of what could not be stored when another tab has changed what is stored", () => {
    const storage = createLocalStorage(() => webStorage({ setItem: fails }));
    storage.write("a.b.c");
    storage.dropUnsaved?.();
    expect(storage.read()).toBeNull();
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
    expect(storage.read()).toBeNull();
    storage.write("a.b.c");
    expect(storage.read()).toBe("a.b.c");
    storage.remove();
    expect(storage.read()).toBeNull();
  });

  it("does not leave the former token behind when the new one does not fit", () => {
    const web = webStorage({ setItem: fails });
    web.items.set(storageKey, "for.mer.token");
    const storage = createLocalStorage(() => web);
    storage.write("a.b.c");
    expect(storage.read()).toBe("a.b.c");
    expect(web.items.size).toBe(0);
  });

  it("gives null for what a broken storage answers", () => {
    expect(createLocalStorage(() => webStorage({ getItem: () => 7 as never })).read()).toBeNull();
  });
});
