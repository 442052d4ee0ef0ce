// How a request came: over https, or in the clear, as far as trusted proxies say so. Where the public origin is https, nothing secret is
// taken in the clear; who only reads a page is sent to https.

import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Logger } from "pino";
import { isLoopback, isLoopbackHost } from "./loopback.ts";
import type { Settings } from "./settings.ts";

/** What is looked at of a request. */
type Heard = Pick<IncomingMessage, "method" | "url" | "headers">;

interface TransportOptions {
  /** The public origin, as it is configured. */
  origin: string;
  trustedProxyHops: number;
}

/**
 * Whether a proxy in front says that the client's connection to it was not https. Only where the public origin is https and proxies are
 * trusted: without them, such headers were written by the client, and mean nothing. A proxy that says nothing is believed to be
 * configured for https alone.
 */
export function cameInTheClear(headers: IncomingHttpHeaders, { origin, trustedProxyHops }: TransportOptions): boolean {
  if (trustedProxyHops === 0 || !origin.startsWith("https:")) return false;
  return [schemes(headers["x-forwarded-proto"]), forwardedSchemes(headers.forwarded)].some((said) => {
    const scheme = said[Math.max(0, said.length - trustedProxyHops)];
    // Neither empty nor misspelt is https.
    return scheme !== undefined && scheme.toLowerCase() !== "https";
  });
}

/** What monitors ask, by addresses inside; they know of no proxy's header, or of one that speaks http. */
const healthPaths = new Set(["/healthz", "/readyz", "/metrics"]);

/** Whether a request that came in the clear may be answered all the same: nothing in it, and nothing in the answer, is secret. */
export function isHarmlessInTheClear(request: Heard, pathname: string): boolean {
  return healthPaths.has(pathname) && onlyReads(request) && !carriesCredentials(request);
}

/**
 * Where a page is that was asked for in the clear, or undefined for a request that must not be repeated there by itself, because
 * what it carried is known to whoever listens by now. Made of the configured origin, and of nothing that the request says of the host.
 */
export function httpsAddress(request: Heard, origin: string): string | undefined {
  if (!onlyReads(request) || carriesCredentials(request)) return undefined;
  const { pathname, search } = new URL(`http://localhost${request.url}`);
  return origin + pathname + search;
}

/** Says aloud, once at the start, on which ways anybody may listen: where `ALLOW_INSECURE_HTTP` is set, and to a database elsewhere. */
export function warnOfOpenWays(settings: Settings, log: Logger): void {
  for (const setting of ["APP_URL", "API_URL", "RESOURCE_SERVER_URL"] as const) {
    const url = settings[setting];
    if (url === undefined || url.startsWith("https:") || isLoopback(url)) continue;
    // One origin for both is the rule, and one line says it.
    if (setting === "API_URL" && url === settings.APP_URL) continue;
    log.warn(
      { setting, url },
      "ALLOW_INSECURE_HTTP: passwords and tokens travel unencrypted. Whoever is on the way can read them and be that person.",
    );
  }
  if (settings.DATABASE_URL === undefined || isProtected(settings.DATABASE_URL)) return;
  log.warn(
    { setting: "DATABASE_URL" },
    "The database is elsewhere, and DATABASE_URL has no sslmode=verify-full. Whoever is on the way can read and change what it holds.",
  );
}

/** Whether only this machine is on the way to a database, or nobody else than it can be at its end. */
function isProtected(databaseUrl: string): boolean {
  const { hostname, searchParams } = new URL(databaseUrl);
  const host = searchParams.get("host") ?? hostname;
  // Other modes of libpq verify less; what `pg` makes of them is about to change.
  return host === "" || host.startsWith("/") || isLoopbackHost(host) || searchParams.get("sslmode") === "verify-full";
}

function onlyReads({ method }: Heard): boolean {
  return method === "GET" || method === "HEAD";
}

/** Cookies of ours, under the prefixes that browsers know. */
const ownCookie = /(?:^|;)\s*(?:__Secure-|__Host-)?signet_/;

function carriesCredentials({ headers, url }: Heard): boolean {
  if (headers.authorization !== undefined || ownCookie.test(headers.cookie ?? "")) return true;
  // A token or a hand-over code, for the page to read.
  return new URL(`http://localhost${url}`).searchParams.has("token");
}

/** Each proxy appends what it saw, or puts it in place of what was there. Lines of one name have been joined by Node. */
function schemes(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  return String(header)
    .split(",")
    .map((text) => text.trim());
}

/** What each proxy says, one element for each (RFC 7239 §4); undefined where an element says nothing of the scheme. */
function forwardedSchemes(header: string | undefined): (string | undefined)[] {
  if (header === undefined) return [];
  const elements = splitOutsideQuotes(header, ",");
  // A quotation mark without an end would hide what the proxy wrote behind it.
  if (elements === undefined) return [""];
  return elements.map((element) => {
    const pairs = splitOutsideQuotes(element, ";") ?? [];
    const [, said] = pairs.map((pair) => /^\s*proto="?([^"]*)"?\s*$/i.exec(pair)).find((found) => found !== null) ?? [];
    return said?.trim();
  });
}

/** @returns undefined for quotation marks that do not come in pairs */
function splitOutsideQuotes(text: string, separator: string): string[] | undefined {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (quoted && character === "\\") index += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return quoted ? undefined : [...parts, text.slice(start)];
}
