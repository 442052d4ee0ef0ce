// What anybody may read and keep for a while: the keys, and where everything is.

import { createHash } from "node:crypto";

export interface PublicDocument {
  body: string;
  contentType: string;
  /** How long it may be kept. */
  maxAgeSeconds: number;
}

/** Answers with the document, or with 304 to whoever has it already. */
export function publicDocument(request: Request, { body, contentType, maxAgeSeconds }: PublicDocument): Response {
  const headers = {
    "Content-Type": contentType,
    "Cache-Control": `public, max-age=${maxAgeSeconds}`,
    ETag: `"${createHash("sha256").update(body).digest("base64url")}"`,
    "X-Content-Type-Options": "nosniff",
    // Public by nature: any page may verify a token with it.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
  };
  const known = request.headers
    .get("if-none-match")
    ?.split(",")
    .map((tag) => tag.trim().replace(/^W\//, ""));
  if (known?.includes(headers.ETag)) return new Response(null, { status: 304, headers });
  return new Response(body, { status: 200, headers });
}
