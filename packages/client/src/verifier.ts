// A secret of this page, and its hash, which may be seen: PKCE's verifier and challenge (RFC 7636 §4), used between this
// page and the API.

import { AuthClientError } from "./auth-client-error.ts";

/** The part of Web Crypto that is used; `subtle` is missing over plain http. */
export interface VerifierCrypto {
  getRandomValues(bytes: Uint8Array<ArrayBuffer>): unknown;
  subtle?: { digest(algorithm: "SHA-256", data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> } | undefined;
}

export interface Verifier {
  /** 43 characters. */
  verifier: string;
  /** BASE64URL(SHA-256(verifier)): RFC 7636 §4.2, `S256`. */
  challenge: string;
}

/** @throws AuthClientError `unsupported` where the page is in no secure context. */
export async function createVerifier(crypto: VerifierCrypto = globalThis.crypto): Promise<Verifier> {
  if (crypto.subtle === undefined) {
    throw new AuthClientError(
      "unsupported",
      "A sign-in with a provider needs a page that came over https, or from localhost.",
      { problem: "no_secure_context" },
    );
  }
  const bytes = new Uint8Array(32);
  crypto.getRandomValues(bytes);
  const verifier = base64url(bytes);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier, challenge: base64url(new Uint8Array(digest)) };
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
