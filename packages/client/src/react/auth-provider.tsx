// A thin skin over the client: React sees its state, and React Query forgets what belonged to somebody else.

import type { QueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useSyncExternalStore } from "react";
import type { AuthClient } from "../auth-client.ts";
import { loadingState } from "../auth-state.ts";
import { AuthClientContext, AuthStateContext } from "./auth-context.ts";
import { forgetOnChangeOfIdentity } from "./query-cache.ts";

export interface AuthProviderProps {
  client: AuthClient;
  /** Its queries are cancelled and cleared whenever the person changes. */
  queryClient?: QueryClient;
  children: ReactNode;
}

const getServerState = () => loadingState;

export function AuthProvider({ client, queryClient, children }: AuthProviderProps) {
  const state = useSyncExternalStore(client.subscribe, client.getState, getServerState);

  // Before `start`, so that no change goes by unseen.
  useEffect(
    () => (queryClient === undefined ? undefined : forgetOnChangeOfIdentity(client, queryClient)),
    [client, queryClient],
  );
  useEffect(() => client.start(), [client]);

  return (
    <AuthClientContext value={client}>
      <AuthStateContext value={state}>{children}</AuthStateContext>
    </AuthClientContext>
  );
}
