// Who is at the other end: from the socket, or from as many proxies as the operator says there are.

import type { IncomingMessage } from "node:http";

const forwardedHeaders = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-real-ip",
];
const proxyHeaders = [...forwardedHeaders, "via"];

/** The client's address: the socket's, or with proxies in front what they say of it. */
export function clientAddress(request: IncomingMessage, trustedProxyHops: number): string | null {
  const header = request.headers["x-forwarded-for"];
  const forwarded = forwardedAddress(typeof header === "string" ? header : null, trustedProxyHops);
  const address = forwarded ?? request.socket.remoteAddress;
  return address === undefined ? null : oneSpelling(address);
}

/** An IPv4 client on a dual-stack socket has one spelling, not two. */
function oneSpelling(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
}

/**
 * Each trusted proxy appends the address it saw, so the client's is that many entries from the right; whatever stands
 * further left was written by the client.
 */
export function forwardedAddress(header: string | null, trustedProxyHops: number): string | undefined {
  if (trustedProxyHops === 0) return undefined;
  return header?.split(",").at(-trustedProxyHops)?.trim();
}

/** What this machine calls itself. A page whose name was pointed here after it had loaded asks for its own name. */
const ownName = /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/i;

/**
 * Whether a request comes from this machine itself: from a loopback socket, under a name of it, with no proxy between. With proxies in
 * front, or with any sign of one, nobody can say so.
 */
export function isFromThisMachine(request: IncomingMessage, trustedProxyHops: number): boolean {
  const hasPassedProxy = trustedProxyHops > 0 || proxyHeaders.some((name) => request.headers[name] !== undefined);
  return (
    !hasPassedProxy &&
    ownName.test(request.headers.host ?? "") &&
    /^(?:::ffff:)?127\.|^::1$/i.test(request.socket.remoteAddress ?? "")
  );
}

/** Nothing behind this server may believe a header that anybody can write. */
export function dropForwardedHeaders(request: IncomingMessage): void {
  for (const name of forwardedHeaders) delete request.headers[name];
}
