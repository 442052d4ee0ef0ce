"use client";

import { AuthClientError } from "@signet/client";
import { useAuth } from "@signet/client/react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

// Not through the batch: what a token says is not to wait for what the database says.
const queryKey = ["sessions"];

/** Where this person is signed in; asked for again whenever somebody comes back to the page. */
export function useSessions() {
  const { listSessions } = useAuth();
  return useQuery({
    queryKey,
    queryFn: listSessions,
    staleTime: 0,
    refetchOnWindowFocus: "always",
    retry: (failures, error) => failures < 3 && error instanceof AuthClientError && error.reason === "unreachable",
  });
}

/** To be called when sessions have begun or ended. Ends when the new list is there, or could not be had. */
export function useSessionsChanged(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey });
}
