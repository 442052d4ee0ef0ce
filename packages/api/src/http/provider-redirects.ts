// Redirects of a sign-in with a provider. 303, so that whatever came here is never sent on (RFC 9700 §4.12); to configured places alone; and
// what stands in an address is told to nobody as a referrer.

import type { ApiServices } from "../context.ts";

/** What a page is told in its address. */
type Message = { token: string } | { provider_error: string };

/** To a page of ours. @param path Already judged: a path of the pages' origin. */
export function sendBack(
  { own, pages = own }: ApiServices["origins"],
  path: string,
  message: Message,
  cookies: readonly string[] = [],
): Response {
  const location = new URL(path, pages);
  for (const name of ["token", "provider_error"]) location.searchParams.delete(name);
  for (const [name, value] of Object.entries(message)) location.searchParams.set(name, value);
  return sendTo(location, cookies);
}

export function sendTo(location: URL, cookies: readonly string[] = []): Response {
  const headers = new Headers({
    Location: location.href,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  });
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  return new Response(null, { status: 303, headers });
}
