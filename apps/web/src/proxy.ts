// A fresh nonce for each page, and the content security policy that names it. Who may see what is not decided here.

import { randomBytes } from "node:crypto";
import { securityHeaders } from "@signet/server/security-headers";
import { settings } from "@signet/server/settings";
import { type NextRequest, NextResponse } from "next/server";

export function proxy(request: NextRequest): NextResponse {
  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy(nonce);
  const headers = new Headers(request.headers);
  // Next puts the nonce of this header on its own scripts and styles.
  headers.set("Content-Security-Policy", policy);
  headers.set("x-nonce", nonce);
  const response = NextResponse.next({ request: { headers } });
  // Our own server has set these already; a platform that runs Next its own way has not.
  const https = settings().APP_URL.startsWith("https:");
  for (const [name, value] of securityHeaders(https)) response.headers.set(name, value);
  response.headers.set("Content-Security-Policy", policy);
  // Next would let the page for errors be kept for a year.
  response.headers.set("Cache-Control", "no-store");
  return response;
}

// Only pages have scripts: the API's answers need no nonce, and where Next serves them it would cost half of each call.
export const config = {
  matcher: "/((?!_next/static/|icon\\.svg$|\\.well-known/|api/|auth/|healthz$|readyz$|metrics$).*)",
};

function contentSecurityPolicy(nonce: string): string {
  const { APP_URL, API_URL, RESOURCE_SERVER_URL } = settings();
  const elsewhere = new Set(
    [API_URL, RESOURCE_SERVER_URL].filter((origin) => origin !== undefined && origin !== APP_URL),
  );
  // The development server evaluates modules and pushes changes over a socket.
  const dev = process.env["NODE_ENV"] !== "production";
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'${dev ? " 'unsafe-eval'" : ""}`,
    `style-src 'self' 'nonce-${nonce}'`,
    ["connect-src 'self'", ...elsewhere, ...(dev ? ["ws:"] : [])].join(" "),
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
