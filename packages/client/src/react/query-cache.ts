// React Query and people: what was fetched for one is never shown to the next.
//
// Emptying is more than `queryClient.clear()`, which leaves mounted components with what they show, and more than resetting
// each query, which brings back `initialData` and leaves placeholders.

import type { MutationObserver, Query, QueryClient } from "@tanstack/react-query";
import type { AuthClient } from "../auth-client.ts";
import { AuthClientError } from "../auth-client-error.ts";

type Identified = Pick<AuthClient, "getState" | "subscribe">;
type MountedMutation = Pick<MutationObserver, "reset">;

/** For whom a cache was filled. Kept with the cache, as providers come and go. */
interface CacheOwner {
  client: Identified;
  identity: number;
  isEmptying: boolean;
  mutations: Set<MountedMutation>;
}

const owners = new WeakMap<QueryClient, CacheOwner>();

/** Empties the cache whenever the person changes, at once if that has happened since it was last seen. @returns what ends it. */
export function forgetOnChangeOfIdentity(client: Identified, queryClient: QueryClient): () => void {
  forgetFormerIdentity(client, queryClient);
  return client.subscribe(() => void forgetFormerIdentity(client, queryClient));
}

/** @returns whether the cache was, before this call, that of whoever is here now; it is not while it is being emptied. */
export function forgetFormerIdentity(client: Identified, queryClient: QueryClient): boolean {
  const { identity } = client.getState();
  const owner = owners.get(queryClient);
  if (owner === undefined) {
    owners.set(queryClient, { client, identity, isEmptying: false, mutations: watchMutations(queryClient) });
    return true;
  }
  if (owner.isEmptying) return false;
  // Identities of two clients cannot be compared.
  if (owner.client === client && owner.identity === identity) return true;
  owner.client = client;
  owner.identity = identity;
  owner.isEmptying = true;
  try {
    forgetMutations(queryClient, owner.mutations);
    forgetQueries(queryClient);
  } finally {
    owner.isEmptying = false;
  }
  return false;
}

function forgetQueries(queryClient: QueryClient): void {
  const cache = queryClient.getQueryCache();
  const interrupted = new Set(cache.getAll().filter((query) => query.state.fetchStatus !== "idle"));
  for (const query of cache.getAll()) {
    empty(query);
    // Whoever still shows it must not hang on a query that was removed.
    if (query.getObserversCount() === 0) cache.remove(query);
  }
  // An answer that had arrived already reaches the cache a few promises later; it goes before anybody renders it.
  const stop = cache.subscribe((event) => {
    if (event.type !== "updated" || !interrupted.has(event.query)) return;
    if (event.action.type === "error" || (event.action.type === "success" && !event.action.manual)) empty(event.query);
  });
  setTimeout(() => {
    stop();
    // Those of protected pages are gone after this turn; whoever is left asks again, as the new person.
    void queryClient.refetchQueries({ type: "active" });
  }, 0);
}

const nothingFetched = {
  data: undefined,
  dataUpdateCount: 0,
  dataUpdatedAt: 0,
  error: null,
  errorUpdateCount: 0,
  errorUpdatedAt: 0,
  fetchFailureCount: 0,
  fetchFailureReason: null,
  fetchMeta: null,
  isInvalidated: false,
  fetchStatus: "idle",
} as const;

function empty(query: Query): void {
  // A request under way is aborted, and its answer is dropped.
  void query.cancel({ silent: true });
  // A component that shows a placeholder keeps it for as long as its query is pending, so for a moment it is not.
  if (query.getObserversCount() > 0) query.setState({ ...nothingFetched, status: "error" });
  query.setState({ ...nothingFetched, status: "pending" });
}

/** Mutations know who watches them, but do not tell; the cache does, when it happens. */
function watchMutations(queryClient: QueryClient): Set<MountedMutation> {
  const mounted = new Set<MountedMutation>();
  queryClient.getMutationCache().subscribe((event) => {
    if (event.type === "observerAdded") mounted.add(event.observer);
    if (event.type === "observerRemoved") mounted.delete(event.observer);
  });
  return mounted;
}

function forgetMutations(queryClient: QueryClient, mounted: Set<MountedMutation>): void {
  // Neither sent again, now as somebody else, nor able to put back what the former person had ("roll back on error").
  for (const mutation of queryClient.getMutationCache().getAll()) {
    mutation.setOptions({
      mutationFn: () => Promise.reject(new AuthClientError("superseded", "Its person has left.")),
    });
  }
  for (const mutation of mounted) mutation.reset();
  queryClient.getMutationCache().clear();
}

/**
 * `retry` for React Query's default options: up to three times when the server did not answer, never when it refused.
 * A refusal (4xx) stays one however often it is asked.
 */
export function retryUnlessRefused(failures: number, error: unknown): boolean {
  return failures < 3 && !isRefusal(error);
}

function isRefusal(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  // The answer would have been for somebody who is no longer here.
  if ("cause" in error && isSuperseded(error.cause)) return true;
  if (!("data" in error) || typeof error.data !== "object" || error.data === null) return false;
  const status = "httpStatus" in error.data ? error.data.httpStatus : undefined;
  return typeof status === "number" && status >= 400 && status < 500;
}

function isSuperseded(cause: unknown): boolean {
  return typeof cause === "object" && cause !== null && "reason" in cause && cause.reason === "superseded";
}
