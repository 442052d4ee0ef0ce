// The providers of the settings, ready to be asked. Nothing is asked of them before somebody signs in, so that one that is down is nobody
// else's trouble.

import { createGithubProvider, createOidcProvider, type IdentityProvider } from "@signet/accounts";
import type { ProviderSettings } from "./provider-settings.ts";
import type { Settings } from "./settings.ts";

export function openProviders({ PROVIDERS, API_URL }: Pick<Settings, "PROVIDERS" | "API_URL">): IdentityProvider[] {
  return PROVIDERS.map((provider) => openProvider(provider, API_URL));
}

function openProvider({ kind, issuer, ...about }: ProviderSettings, apiUrl: string): IdentityProvider {
  // Of the configured origin, and one for each provider: an answer meant for one is never taken for another's (RFC 9700 §4.4.2).
  const options = { ...about, redirectUri: `${apiUrl}/auth/oidc/${about.name}/callback` };
  return kind === "github"
    ? createGithubProvider({ ...options, url: issuer })
    : createOidcProvider({ ...options, issuer });
}
