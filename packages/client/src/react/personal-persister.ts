// React Query's persisted cache, bound to the person for whom it was filled: what is left of somebody else on this device
// is removed before anything of it is shown, also on a page that opens later or in another tab.

import type { QueryClient } from "@tanstack/react-query";
import type { AuthClient } from "../auth-client.ts";
import { personOf } from "../auth-state.ts";
import { decodeUnverified } from "../token-shape.ts";
import { forgetFormerIdentity } from "./query-cache.ts";

/** What React Query stores, as far as it matters here. */
interface StoredCache {
  clientState: { queries: unknown[]; mutations: unknown[] };
}

/** React Query's `Persister`. */
export interface CachePersister<Stored extends StoredCache> {
  persistClient: (stored: Stored) => void | PromiseLike<void>;
  restoreClient: () => Stored | undefined | PromiseLike<Stored | undefined>;
  removeClient: () => void | PromiseLike<void>;
}

/**
 * Wraps a persister: `persistOptions={{ persister: personalPersister(auth, queryClient, createAsyncStoragePersister(…)) }}`.
 *
 * Restores only what was stored for the person whose token is here, once that is known; nothing for nobody. When the
 * person changes, what is stored is removed. Offline, the stored token says who is here, unverified: whoever can write
 * the one storage can write the other.
 */
export function personalPersister<Stored extends StoredCache>(
  client: Pick<AuthClient, "getState" | "subscribe" | "authorization">,
  queryClient: QueryClient,
  persister: CachePersister<Stored>,
): CachePersister<Stored> {
  type Owned = Stored & { owner?: unknown };
  /** Who is here, where the state does not say: while the server has not been reached yet. */
  let known: { identity: number; subject: string } | undefined;
  let stop: (() => void) | undefined;
  /** What was stored last, without what was in it. */
  let latest: Stored | undefined;

  function subject(): string | undefined {
    const state = client.getState();
    return personOf(state)?.subject ?? (known?.identity === state.identity ? known.subject : undefined);
  }

  function forgetOnChange(): () => void {
    let { identity } = client.getState();
    return client.subscribe(() => {
      if (client.getState().identity === identity) return;
      identity = client.getState().identity;
      forgetFormerIdentity(client, queryClient);
      // A persister that writes seldom may hold something back: this takes its place.
      const nothing = latest;
      if (nothing !== undefined) void quietly(() => persister.persistClient(nothing));
      void quietly(() => persister.removeClient());
    });
  }

  return {
    persistClient(stored) {
      latest = emptied(stored);
      // What was taken from the cache before it was emptied, or while.
      if (!forgetFormerIdentity(client, queryClient)) return undefined;
      const owner = subject();
      return owner === undefined ? undefined : persister.persistClient({ ...stored, owner });
    },
    async restoreClient() {
      stop ??= forgetOnChange();
      const { token, identity } = await client.authorization();
      const owner = subject() ?? decodeUnverified(token)?.subject;
      if (owner !== undefined) known = { identity, subject: owner };
      const stored: Owned | undefined = await persister.restoreClient();
      if (stored === undefined) return undefined;
      if (owner === undefined || stored.owner !== owner) {
        await persister.removeClient();
        return undefined;
      }
      return {
        ...stored,
        // Read when it is put into the cache: somebody else may be here by then.
        get clientState() {
          return client.getState().identity === identity ? stored.clientState : emptied(stored).clientState;
        },
      };
    },
    removeClient: () => persister.removeClient(),
  };
}

function emptied<Stored extends StoredCache>(stored: Stored): Stored {
  return { ...stored, clientState: { queries: [], mutations: [] } };
}

/** What could not be removed still names its owner, and is shown to nobody else. */
async function quietly(write: () => void | PromiseLike<void>): Promise<void> {
  try {
    await write();
  } catch {
    // A full or forbidden storage.
  }
}
