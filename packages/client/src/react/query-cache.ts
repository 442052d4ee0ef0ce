// React Query and people: what was fetched for one is never shown to the next.

import type { QueryClient } from "@tanstack/react-query";
import type { AuthClient } from "../auth-client.ts";

/** @returns what ends it. */
export function forgetOnChangeOfIdentity(client: AuthClient, queryClient: QueryClient): () => void {
  let { identity } = client.getState();
  return client.subscribe(() => {
    const next = client.getState().identity;
    if (next === identity) return;
    identity = next;
    forgetEverything(queryClient);
  });
}

function forgetEverything(queryClient: QueryClient): void {
  // Requests that are under way are aborted, and their answers are dropped.
  void queryClient.cancelQueries();
  queryClient.getMutationCache().clear();
  queryClient.removeQueries({ type: "inactive" });
  // Components that are still there must neither keep what they show nor hang on a query that was removed.
  for (const query of queryClient.getQueryCache().getAll()) query.reset();
  // Those of protected pages are gone after this turn; whoever is left asks again, as the new person.
  setTimeout(() => void queryClient.refetchQueries({ type: "active" }), 0);
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
