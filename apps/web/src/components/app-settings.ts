// What the server tells the pages about itself, at run time: nothing of it is baked into the build.

import { createContext, use } from "react";

/** Where else people may sign in, as much of it as a page needs. */
export interface ProviderChoice {
  /** As in addresses. */
  name: string;
  label: string;
}

export interface AppSettings {
  /** Origin of the API, or null when it is where the page came from. */
  apiUrl: string | null;
  /** Origin of the notes service, the one other place that may be given the access token; or null where there is none. */
  notesUrl: string | null;
  acceptTokenFromQuery: boolean;
  passwordMinLength: number;
  /** In the order of their buttons; none where people have passwords only. */
  providers: ProviderChoice[];
  /** `iss` and `aud` of the tokens that are issued here; both are in every token. */
  issuer: string;
  audience: string[];
}

export const AppSettingsContext = createContext<AppSettings | null>(null);

export function useAppSettings(): AppSettings {
  const settings = use(AppSettingsContext);
  if (settings === null) throw new Error("useAppSettings needs the <Providers> of app/layout.tsx around it.");
  return settings;
}

/** What a provider is called. A name that is not configured here stands for itself. */
export function labelOf(providers: readonly ProviderChoice[], name: string): string {
  return providers.find((provider) => provider.name === name)?.label ?? name;
}
