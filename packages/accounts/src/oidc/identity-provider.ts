// What a provider is to the rest of this room: somewhere else where people sign in, and that says who they are.

/** Somewhere else where people sign in. Made by `createOidcProvider` or `createGithubProvider`. */
export interface IdentityProvider {
  /** As in addresses (`/auth/oidc/:name/…`): lower case letters, digits and `_`. */
  readonly name: string;
  /** What a person calls it. */
  readonly label: string;
  /** Its issuer identifier. Accounts are keyed by it and not by the name: who configures another provider under the same name hands nobody's account over. */
  readonly issuer: string;

  /** Where the browser goes to sign in. @throws ProviderError `unavailable` | `refused` (metadata of another issuer) */
  authorizationUrl(transaction: ProviderTransaction): Promise<URL>;

  /**
   * Turns the answer that the browser brought back into who it is: checks `state` and `iss`, exchanges the code with the PKCE verifier,
   * and verifies the ID token.
   *
   * Does not check: that this browser began the transaction (whoever opens the cookie does), or that it is answered once.
   *
   * @param answer The query of the callback.
   * @throws ProviderError
   */
  identify(answer: URLSearchParams, transaction: ProviderTransaction): Promise<ProviderIdentity>;
}

/** The secrets of one attempt to sign in; each at least 128 random bits in base64url, made anew for each. */
export interface ProviderTransaction {
  state: string;
  nonce: string;
  /** RFC 7636 §4.1: 43 to 128 characters. */
  codeVerifier: string;
}

/** Who somebody is at a provider. Nothing else of it is kept: no e-mail address, no token. */
export interface ProviderIdentity {
  issuer: string;
  /** Unique at this issuer and never reused there. */
  subject: string;
  /** What the person is called there, if the provider says so: any text, to suggest a username from; it identifies nobody. */
  preferredUsername?: string | undefined;
}

/** How a person configures a provider. */
export interface IdentityProviderOptions {
  name: string;
  label: string;
  clientId: string;
  /** None for a public client: PKCE protects it all the same. */
  clientSecret?: string | undefined;
  /** Of this server, built from its configured origin. Each provider has its own. */
  redirectUri: string;
}

/**
 * - `cancelled`: the person said no there (`error=access_denied`).
 * - `unavailable`: it does not answer, not in time, too much, or with an error of its own.
 * - `refused`: what it answered does not hold; somebody may have tampered with it.
 */
export type ProviderProblem = "cancelled" | "unavailable" | "refused";

/** A sign-in at a provider that came to nothing. The message is for the log; a person is told the problem in other words. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly problem: ProviderProblem;

  constructor(problem: ProviderProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
