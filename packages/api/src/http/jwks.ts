// GET /.well-known/jwks.json: the public halves of the keys, for every verifier elsewhere.

import { createHash } from "node:crypto";
import type { ApiServices } from "../context.ts";
import { refused } from "./answers.ts";

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
  const headers = {
    "Content-Type": "application/jwk-set+json",
    "Cache-Control": `public, max-age=${jwksMaxAgeSeconds}`,
    ETag: `"${createHash("sha256").update(body).digest("base64url")}"`,
    "X-Content-Type-Options": "nosniff",
    // Public by nature: any page may verify a token with it.
    "Access-Control-Allow-Origin": "*",
  };
  const known = request.headers
    .get("if-none-match")
    ?.split(",")
    .map((tag) => tag.trim().replace(/^W\//, ""));
  if (known?.includes(headers.ETag)) return new Response(null, { status: 304, headers });
  return new Response(body, { status: 200, headers });
}
