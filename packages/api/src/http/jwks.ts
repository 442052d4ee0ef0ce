// GET /.well-known/jwks.json: the public halves of the keys, for every verifier elsewhere.

import type { ApiServices } from "../context.ts";
import { refused } from "./answers.ts";
import { publicDocument } from "./public-document.ts";

/** How long others may keep the set. A new key is published at least this long before it signs. */
export const jwksMaxAgeSeconds = 300;

/** @see RFC 7517 §5, §8.5.2 */
export function jwks(services: ApiServices, request: Request): Response {
  let body: string;
  try {
    body = JSON.stringify(services.jwks());
  } catch (error) {
    return refused(error);
  }
  return publicDocument(request, {
    body,
    contentType: "application/jwk-set+json",
    maxAgeSeconds: jwksMaxAgeSeconds,
  });
}
