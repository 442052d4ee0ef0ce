// What both kinds of providers have in common: how they are configured, and the answer that the browser brings back.

import { type IdentityProviderOptions, ProviderError } from "./identity-provider.ts";

const nameShape = /^[a-z0-9_]{1,40}$/;
const maxUsernameLength = 255;

/**
 * Checks what a person configured.
 *
 * @returns The redirect URI in the one spelling in which it is sent, to the authorization endpoint and to the token endpoint.
 * @throws TypeError
 */
export function checkProviderOptions({ name, clientId, clientSecret, redirectUri }: IdentityProviderOptions): string {
  if (!nameShape.test(name)) throw new TypeError("name must have lower case letters, digits and _ only, at most 40.");
  if (clientId === "") throw new TypeError("clientId must not be empty.");
  if (clientSecret === "") throw new TypeError("clientSecret must not be empty.");
  if (!URL.canParse(redirectUri) || /[?#]/.test(redirectUri)) {
    throw new TypeError("redirectUri must be an address without a query.");
  }
  return new URL(redirectUri).href;
}

/**
 * The address to which the provider sent the browser, rebuilt from the configured one.
 *
 * @throws ProviderError `refused` when a parameter stands there twice (RFC 6749 §3.1): two readers could read two answers
 */
export function answerAddress(answer: URLSearchParams, redirectUri: string): URL {
  const names = [...answer.keys()];
  if (new Set(names).size !== names.length) {
    throw new ProviderError("refused", "The answer has a parameter more than once.");
  }
  const address = new URL(redirectUri);
  address.search = answer.toString();
  return address;
}

/** No database keeps a NUL in a text, nor half of a surrogate pair; no name has a control character. */
const unusable = /[\p{Cc}\p{Cs}]/u;

/** What a person is called there, when it is any use for a suggestion. */
export function preferredUsernameOf(text: unknown): string | undefined {
  const isUsable = typeof text === "string" && text !== "" && text.length <= maxUsernameLength && !unusable.test(text);
  return isUsable ? text : undefined;
}
