// A provider that runs, a relying party that is set up for it, and one person who signs in: what every attack starts from.

import { randomBytes } from "node:crypto";
import { type DevProvider, type DevProviderOptions, startDevProvider, visitProvider } from "@signet/dev-provider";
import { afterAll, afterEach, expect } from "vitest";
import {
  type IdentityProvider,
  ProviderError,
  type ProviderIdentity,
  type ProviderProblem,
  type ProviderTransaction,
} from "../../src/oidc/identity-provider.ts";
import { createOidcProvider, type OidcProviderOptions } from "../../src/oidc/oidc-provider.ts";

export const redirectUri = "https://app.example/auth/oidc/example/callback";
export const clientId = "signet";
export const clientSecret = randomBytes(32).toString("base64url");
export const person = "Ada Lovelace";

const providers: DevProvider[] = [];

// Made once for a file, as making keys takes longer than a sign-in; honest again after each test.
afterEach(() => {
  for (const provider of providers) provider.tamper();
});
afterAll(async () => {
  for (const provider of providers) await provider.close();
});

export interface Scene {
  provider: DevProvider;
  /** What is tested. */
  party: IdentityProvider;
  /** Another one like it, as after a restart, or with other options. */
  createParty(options?: Partial<OidcProviderOptions>): IdentityProvider;
}

export async function createScene(options: Partial<DevProviderOptions> = {}): Promise<Scene> {
  const client = { clientId, clientSecret, redirectUris: [redirectUri] };
  const provider = await startDevProvider({ clients: [client], ...options });
  providers.push(provider);
  const createParty = (changes: Partial<OidcProviderOptions> = {}) =>
    createOidcProvider({
      name: "example",
      label: "Example ID",
      issuer: provider.issuer,
      clientId,
      clientSecret,
      redirectUri,
      ...changes,
    });
  return { provider, party: createParty(), createParty };
}

export function createTransaction(): ProviderTransaction {
  const random = () => randomBytes(32).toString("base64url");
  return { state: random(), nonce: random(), codeVerifier: random() };
}

export interface Answer {
  query: URLSearchParams;
  transaction: ProviderTransaction;
}

/** The way to the provider and back, up to what the callback gets. */
export async function visit(party: IdentityProvider, name: string | undefined = person): Promise<Answer> {
  const transaction = createTransaction();
  return { query: await visitWith(party, transaction, name), transaction };
}

export async function visitWith(party: IdentityProvider, transaction: ProviderTransaction, name?: string) {
  const back = await visitProvider(await party.authorizationUrl(transaction), name === undefined ? {} : { name });
  expect(`${back.origin}${back.pathname}`).toBe(redirectUri);
  return back.searchParams;
}

export async function signIn(party: IdentityProvider): Promise<ProviderIdentity> {
  const { query, transaction } = await visit(party);
  return party.identify(query, transaction);
}

/** The twin of every attack: an honest provider signs somebody in. */
export async function expectTwinSignedIn({ provider, createParty }: Scene): Promise<void> {
  provider.tamper();
  expect(await signIn(createParty())).toMatchObject({ issuer: provider.issuer, preferredUsername: person });
}

/** What a step fails with. */
export async function problemOf(step: Promise<unknown>): Promise<ProviderError> {
  try {
    await step;
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
  throw new Error("The step succeeded.");
}

export async function expectProblem(step: Promise<unknown>, problem: ProviderProblem): Promise<void> {
  expect((await problemOf(step)).problem).toBe(problem);
}

export function without(fields: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}
