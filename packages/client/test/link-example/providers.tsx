import { AuthProvider, personalPersister, retryUnlessRefused } from "@signet/client/react";
import { createAsyncStoragePersister } from "@tanstack/query-async-storage-persister";
import { QueryClient } from "@tanstack/react-query";
import { PersistQueryClientProvider } from "@tanstack/react-query-persist-client";
import type { ReactNode } from "react";
import { auth } from "./client.ts";

const queryClient = new QueryClient({ defaultOptions: { queries: { retry: retryUnlessRefused } } });
const persister = personalPersister(auth, queryClient, createAsyncStoragePersister({ storage: window.localStorage }));

export function Providers({ children }: { children: ReactNode }) {
  return (
    <PersistQueryClientProvider client={queryClient} persistOptions={{ persister }}>
      <AuthProvider client={auth} queryClient={queryClient}>
        {children}
      </AuthProvider>
    </PersistQueryClientProvider>
  );
}
