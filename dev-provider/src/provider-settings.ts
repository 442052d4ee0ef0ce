// How `oidc-provider` is set up here: the code flow with PKCE, any name is a person, and whoever comes is asked who they are.

import { createHash, randomBytes } from "node:crypto";
import type { AdapterFactory, Configuration } from "oidc-provider";
import type { DevClient } from "./dev-provider.ts";
import { loadLibrary } from "./library.ts";
import { messagePage, pageHeaders } from "./sign-in-page.ts";
import type { DevAlgorithm, SigningKey } from "./signing-keys.ts";

export interface SettingsOptions {
  title: string;
  clients: readonly DevClient[];
  algorithm: DevAlgorithm;
  adapter: AdapterFactory;
  cookieKey: string;
  /** Who was here, by subject. */
  names: Map<string, string>;
}

export const scopes = "openid profile";
export const createCookieKey = () => randomBytes(32).toString("base64url");

export async function createSettings(key: SigningKey, options: SettingsOptions): Promise<Configuration> {
  const { title, algorithm, names } = options;
  return {
    adapter: options.adapter,
    clients: options.clients.map((client) => clientMetadata(client, algorithm)),
    jwks: { keys: [key.jwk] } as NonNullable<Configuration["jwks"]>,
    // Cookies know no ports: these must not meet those of another provider, or of the app, on localhost.
    cookies: {
      keys: [options.cookieKey],
      names: {
        session: "dev_provider_session",
        interaction: "dev_provider_interaction",
        resume: "dev_provider_resume",
      },
    },
    scopes: scopes.split(" "),
    claims: { openid: ["sub"], profile: ["preferred_username"] },
    responseTypes: ["code"],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}`, policy: await askAlways() },
    findAccount: (_ctx, subject) => {
      const name = names.get(subject);
      return name === undefined
        ? undefined
        : { accountId: subject, claims: () => ({ sub: subject, preferred_username: name }) };
    },
    // Who signs in agrees.
    async loadExistingGrant({ oidc }) {
      const { client, session, provider } = oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(scopes);
      await grant.save();
      return grant;
    },
    renderError(ctx, { error, error_description: description }) {
      ctx.set(pageHeaders);
      ctx.body = messagePage(title, `${error}: ${description ?? "no more is known."}`);
    },
    ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 3600, IdToken: 300, Interaction: 3600, Session: 3600 },
  };
}

/** A subject says nothing of the name, as at other providers, and is the same for the same name. */
export function subjectOf(name: string): string {
  return createHash("sha256").update(`example-id:${name}`).digest("base64url").slice(0, 22);
}

function clientMetadata(client: DevClient, algorithm: DevAlgorithm) {
  const { clientId, clientSecret, redirectUris, authentication = "client_secret_basic" } = client;
  return {
    client_id: clientId,
    client_name: client.name ?? clientId,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
    token_endpoint_auth_method: clientSecret === undefined ? ("none" as const) : authentication,
    redirect_uris: [...redirectUris],
    response_types: ["code" as const],
    grant_types: ["authorization_code"],
    id_token_signed_response_alg: algorithm,
  };
}

/** So that several people can be tried from one browser. */
async function askAlways() {
  const { interactionPolicy } = await loadLibrary();
  const { base, Check } = interactionPolicy;
  const policy = base();
  policy
    .get("login")
    ?.checks.add(new Check("always_asked", "Whoever comes is asked", ({ oidc }) => oidc.result?.login === undefined));
  return policy;
}
