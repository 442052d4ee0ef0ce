// A thin skin over the client: React sees its state, and React Query forgets what belonged to somebody else.

import type { QueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useState, useSyncExternalStore } from "react";
import type { AuthClient } from "../auth-client.ts";
import { loadingState } from "../auth-state.ts";
import { AuthClientContext, AuthStateContext } from "./auth-context.ts";
import { forgetFormerIdentity, forgetOnChangeOfIdentity } from "./query-cache.ts";

export interface AuthProviderProps {
  client: AuthClient;
  /** Its queries are cancelled and cleared whenever the person changes. */
  queryClient?: QueryClient;
  children: ReactNode;
}

const getServerState = () => loadingState;

export function AuthProvider({ client, queryClient, children }: AuthProviderProps) {
  // Before anything below reads the cache: somebody else may have come while no provider was there.
  useState(() => queryClient !== undefined && forgetFormerIdentity(client, queryClient));

  // One subscription, so that the cache is emptied before any component hears of another person.
  const subscribe = useCallback(
    (onChange: () => void) => {
      const stopForgetting = queryClient && forgetOnChangeOfIdentity(client, queryClient);
      const stopListening = client.subscribe(onChange);
      return () => {
        stopListening();
        stopForgetting?.();
      };
    },
    [client, queryClient],
  );
  const state = useSyncExternalStore(subscribe, client.getState, getServerState);
  useEffect(() => client.start(), [client]);

  return (
    <AuthClientContext value={client}>
      <AuthStateContext value={state}>{children}</AuthStateContext>
    </AuthClientContext>
  );
}
