// What a browser tells a page: another tab changed the stored token, the network is back, the page was brought to the
// front or back from the cache. Outside a browser nothing ever happens here.

import { tokenKey } from "./client-storage.ts";

export interface PageEventHandlers {
  /** Another tab may have changed what is stored. */
  onStorageChanged(): void;
  /** The page is looked at again; `restored` when it came out of the back/forward cache. */
  onShown(restored: boolean): void;
  /** The page is not looked at any more. */
  onHidden?(): void;
  onOnline(): void;
}

export interface PageEvents {
  /** Whether the page is looked at. Default yes. */
  isShown?(): boolean;
  /** Tells the other tabs that what is stored has changed. */
  announce(): void;
  /** @returns what stops listening. */
  listen(handlers: PageEventHandlers): () => void;
}

const channelName = "signet.tabs";

export function createPageEvents(): PageEvents {
  if (typeof window === "undefined") return { announce: () => {}, listen: () => () => {} };
  let channel: BroadcastChannel | undefined;

  return {
    isShown: () => document.visibilityState === "visible",
    announce() {
      // The message says only that something changed: the token itself never travels here.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel has no target origin
      channel?.postMessage("changed");
    },
    listen({ onStorageChanged, onShown, onHidden, onOnline }) {
      const stop = new AbortController();
      const { signal } = stop;
      window.addEventListener(
        "storage",
        // A null key is `localStorage.clear()`.
        ({ key }) => (key === tokenKey || key === null) && onStorageChanged(),
        { signal },
      );
      window.addEventListener("pageshow", ({ persisted }) => persisted && onShown(true), { signal });
      window.addEventListener("online", onOnline, { signal });
      document.addEventListener(
        "visibilitychange",
        () => (document.visibilityState === "visible" ? onShown(false) : onHidden?.()),
        { signal },
      );
      const mine = openChannel();
      channel = mine;
      mine?.addEventListener("message", onStorageChanged, { signal });
      return () => {
        stop.abort();
        mine?.close();
        if (channel === mine) channel = undefined;
      };
    },
  };
}

/** A second way beside the storage event, which some browsers hold back in hidden tabs. */
function openChannel(): BroadcastChannel | undefined {
  try {
    return typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(channelName);
  } catch {
    return undefined;
  }
}
