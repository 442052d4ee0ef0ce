// What a browser keeps between two pages and shows to all its tabs: the short access token, and notes with nothing secret
// in them. What is read back is not believed.

/** The access token itself. */
export const tokenKey = "signet.access_token";
/** The refresh that has been sent and whose answer has not been stored yet. */
export const attemptKey = "signet.refresh_attempt";
/** Sessions that were signed out here. */
export const signedOutKey = "signet.signed_out";

export type StorageKey = typeof tokenKey | typeof attemptKey | typeof signedOutKey;

export interface ClientStorage {
  read(key: StorageKey): string | null;
  write(key: StorageKey, value: string): void;
  remove(key: StorageKey): void;
  /** Another tab has changed what is stored: what could not be stored here is out of date. */
  dropUnsaved?(key: StorageKey): void;
}

/** The part of the Web Storage API that is used. */
export type WebStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Kept in this page or process alone: gone with it, and not shared with other tabs. */
export function createMemoryStorage(): ClientStorage {
  const kept = new Map<StorageKey, string>();
  return {
    read: (key) => kept.get(key) ?? null,
    write: (key, value) => void kept.set(key, value),
    remove: (key) => void kept.delete(key),
  };
}

/**
 * `localStorage`, shared by all tabs of an origin. Where it is missing, forbidden or full, memory takes its place: the
 * page works, and only forgets when it is left.
 *
 * @param open Gives the storage; may throw, as `window.localStorage` does where a person has forbidden it.
 */
export function createLocalStorage(open: () => WebStorage | undefined = () => globalThis.localStorage): ClientStorage {
  const memory = createMemoryStorage();

  function attempt<T>(use: (storage: WebStorage) => T): { done: true; value: T } | { done: false } {
    try {
      const storage = open();
      return storage === undefined ? { done: false } : { done: true, value: use(storage) };
    } catch {
      return { done: false };
    }
  }

  return {
    read(key) {
      // What could not be stored is newer than whatever is.
      const unsaved = memory.read(key);
      if (unsaved !== null) return unsaved;
      const kept = attempt((storage) => storage.getItem(key));
      return kept.done && typeof kept.value === "string" ? kept.value : null;
    },
    write(key, value) {
      memory.remove(key);
      // A storage may drop what it is given without a word.
      const written = attempt((storage) => {
        storage.setItem(key, value);
        return storage.getItem(key) === value;
      });
      if (written.done && written.value) return;
      memory.write(key, value);
      // The former value must not come back with the next page.
      attempt((storage) => storage.removeItem(key));
    },
    dropUnsaved: (key) => memory.remove(key),
    remove(key) {
      memory.remove(key);
      attempt((storage) => storage.removeItem(key));
    },
  };
}
