// Where the access token is kept between two pages. Only the short token is ever here, and what is read is not believed.

export interface TokenStorage {
  read(): string | null;
  write(token: string): void;
  remove(): void;
  /** Another tab has changed what is stored: what could not be stored here is out of date. */
  dropUnsaved?(): void;
}

/** The part of the Web Storage API that is used. */
export type WebStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export const storageKey = "signet.access_token";

/** Kept in this page or process alone: gone with it, and not shared with other tabs. */
export function createMemoryStorage(): TokenStorage {
  let kept: string | null = null;
  return {
    read: () => kept,
    write: (token) => {
      kept = token;
    },
    remove: () => {
      kept = null;
    },
  };
}

/**
 * `localStorage`, shared by all tabs of an origin. Where it is missing, forbidden or full, the token is kept in memory:
 * the page works, and only forgets when it is left.
 *
 * @param open Gives the storage; may throw, as `window.localStorage` does where a person has forbidden it.
 */
export function createLocalStorage(open: () => WebStorage | undefined = () => globalThis.localStorage): TokenStorage {
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
    read() {
      // What could not be stored is newer than whatever is.
      const unsaved = memory.read();
      if (unsaved !== null) return unsaved;
      const kept = attempt((storage) => storage.getItem(storageKey));
      return kept.done && typeof kept.value === "string" ? kept.value : null;
    },
    write(token) {
      memory.remove();
      // A storage may drop what it is given without a word.
      const written = attempt((storage) => {
        storage.setItem(storageKey, token);
        return storage.getItem(storageKey) === token;
      });
      if (written.done && written.value) return;
      memory.write(token);
      // The former token must not come back with the next page.
      attempt((storage) => storage.removeItem(storageKey));
    },
    dropUnsaved: () => memory.remove(),
    remove() {
      memory.remove();
      attempt((storage) => storage.removeItem(storageKey));
    },
  };
}
