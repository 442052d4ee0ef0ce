// The list of revocations as other services read it: by pages, after a number, waiting for news if they like. How soon a change
// is told is this process's own view's business; what is told is always read from the store.

import { setImmediate as nextTurn } from "node:timers/promises";
import type { StoredRevocation } from "@signet/accounts/stores";
import type { RevocationNews } from "./session-watch.ts";
import { createWaitingRoom, type WaitingRoom } from "./waiting-room.ts";

/** Where revocations are kept. */
export interface RevocationPages {
  /**
   * Those with a number above `after`, in order, at most `limit`; the highest number given out so far; and the name of the list,
   * which is another one where numbers read before mean nothing. All three of one moment.
   *
   * @throws AuthError `storage_unavailable`
   */
  listRevocations(
    after: number,
    limit: number,
  ): Promise<{ entries: readonly StoredRevocation[]; last: number; epoch: string }>;
}

export interface FeedPage {
  epoch: string;
  entries: readonly StoredRevocation[];
  /** The `after` of the next request. Lower than this one's where the list began anew. */
  next: number;
  /** Whether there is more at this moment. */
  more: boolean;
}

export interface RevocationFeed {
  /**
   * Gives the page after a number. Where there is nothing new it waits for so many milliseconds until there is.
   *
   * @param client Who asks: each may have 64 requests waiting.
   * @throws AuthError `storage_unavailable` | `busy`
   */
  read(after: number, waitMs: number, client: string, signal: AbortSignal): Promise<FeedPage>;
  /** Answers those who wait, now and from now on: the server stops. */
  release(): void;
}

const pageSize = 5_000;
const maxWaitingPerClient = 64;
const news = ["news"];

export function createRevocationFeed(pages: RevocationPages, source: RevocationNews): RevocationFeed {
  const roomByClient = new Map<string, WaitingRoom>();
  const gathering = new Map<number, Promise<FeedPage>>();
  let released = false;
  /** Counts what was heard, so that nothing is missed between reading and waiting. */
  let heard = 0;
  source.subscribe(() => {
    heard += 1;
    for (const room of roomByClient.values()) room.call(news);
  });

  function roomOf(client: string): WaitingRoom {
    const room = roomByClient.get(client) ?? createWaitingRoom(maxWaitingPerClient);
    roomByClient.set(client, room);
    return room;
  }

  /** One statement for all who woke up at the same number. Nobody joins one that was sent before: it could miss something. */
  function readTogether(after: number): Promise<FeedPage> {
    const known = gathering.get(after);
    if (known !== undefined) return known;
    const page = nextTurn().then(() => {
      gathering.delete(after);
      return readPage(pages, after);
    });
    gathering.set(after, page);
    return page;
  }

  return {
    async read(after, waitMs, client, signal) {
      const until = performance.now() + waitMs;
      for (;;) {
        const heardBefore = heard;
        const page = await readTogether(after);
        const leftMs = until - performance.now();
        if (page.entries.length > 0 || page.next < after || leftMs <= 0) return page;
        if (heard === heardBefore) await roomOf(client).until(news, leftMs, signal);
        if (signal.aborted || released) return page;
      }
    },
    release() {
      released = true;
      for (const room of roomByClient.values()) room.release();
    },
  };
}

async function readPage(pages: RevocationPages, after: number): Promise<FeedPage> {
  const { entries, last, epoch } = await pages.listRevocations(after, pageSize);
  const lastOfPage = entries.at(-1)?.seq ?? after;
  // Numbers without an entry belong to what is over. A page that is not full has all there was at its moment.
  const more = entries.length >= pageSize && lastOfPage < last;
  return { epoch, entries, next: more ? lastOfPage : last, more };
}
