"use client";

import { createAuthClient } from "@signet/client";
import { AuthProvider, retryUnlessRefused } from "@signet/client/react";
import { authLink } from "@signet/client/trpc";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { type AppSettings, AppSettingsContext } from "../components/app-settings";
import { trpc } from "../components/trpc";

export function Providers({ settings, children }: { settings: AppSettings; children: ReactNode }) {
  const [clients] = useState(() => createClients(settings));
  const { auth, api, queries } = clients;

  return (
    <AppSettingsContext value={settings}>
      <trpc.Provider client={api} queryClient={queries}>
        <QueryClientProvider client={queries}>
          <AuthProvider client={auth} queryClient={queries}>
            {children}
          </AuthProvider>
        </QueryClientProvider>
      </trpc.Provider>
    </AppSettingsContext>
  );
}

function createClients({ apiUrl, acceptTokenFromQuery, issuer }: AppSettings) {
  // On the server nothing is ever sent; the address only has to be one.
  const here = typeof window === "undefined" ? issuer : window.location.origin;
  const auth = createAuthClient({ baseUrl: apiUrl ?? here, acceptTokenFromQuery });
  return {
    auth,
    api: trpc.createClient({ links: [authLink({ client: auth })] }),
    queries: new QueryClient({ defaultOptions: { queries: { retry: retryUnlessRefused, staleTime: 30_000 } } }),
  };
}
