"use client";

import { createAuthClient } from "@signet/client";
import { AuthProvider, retryUnlessRefused } from "@signet/client/react";
import { authLink } from "@signet/client/trpc";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { apiLink } from "../components/api-link";
import { type AppSettings, AppSettingsContext } from "../components/app-settings";
import { notesApi } from "../components/notes-api";
import { trpc } from "../components/trpc";

export function Providers({ settings, children }: { settings: AppSettings; children: ReactNode }) {
  const [clients] = useState(() => createClients(settings));
  const { auth, api, notes, queries } = clients;

  return (
    <AppSettingsContext value={settings}>
      <trpc.Provider client={api} queryClient={queries}>
        <notesApi.Provider client={notes} queryClient={queries}>
          <QueryClientProvider client={queries}>
            <AuthProvider client={auth} queryClient={queries}>
              {children}
            </AuthProvider>
          </QueryClientProvider>
        </notesApi.Provider>
      </trpc.Provider>
    </AppSettingsContext>
  );
}

function createClients({ apiUrl, notesUrl, acceptTokenFromQuery, issuer }: AppSettings) {
  // On the server nothing is ever sent; the address only has to be one.
  const here = typeof window === "undefined" ? issuer : window.location.origin;
  // The token goes to our own API and to the notes service, and nowhere else.
  const auth = createAuthClient({
    baseUrl: apiUrl ?? here,
    acceptTokenFromQuery,
    ...(notesUrl && { bearerOrigins: [notesUrl] }),
  });
  return {
    auth,
    api: trpc.createClient({ links: [authLink({ client: auth, link: apiLink })] }),
    // Where there is no such service nothing is ever sent; the address only has to be one.
    notes: notesApi.createClient({ links: [authLink({ client: auth, url: `${notesUrl ?? auth.baseUrl}/trpc` })] }),
    queries: new QueryClient({ defaultOptions: { queries: { retry: retryUnlessRefused, staleTime: 30_000 } } }),
  };
}
