// Which addresses of a provider may be used: over TLS, or on this very machine when the configured issuer is there itself. A provider's
// metadata must not make this server ask what stands beside it in its own network.

import ipaddr from "ipaddr.js";
import { ProviderError } from "./identity-provider.ts";

/**
 * Checks an issuer as somebody configured it: https, or http on loopback; no query, no fragment, no credentials.
 *
 * @throws TypeError
 * @see OpenID Connect Discovery §3
 */
export function checkConfiguredIssuer(issuer: string, name: string): URL {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url === undefined || /[?#]/.test(issuer)) throw new TypeError(`${name} must be an address without a query.`);
  if (url.username !== "" || url.password !== "") throw new TypeError(`${name} must not hold credentials.`);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url))) {
    throw new TypeError(`${name} must be an https: address; http: is for this machine alone.`);
  }
  return url;
}

/**
 * Checks an address that the provider's metadata give. Does not check where a name leads: an issuer inside somebody's own network is
 * reached by such names.
 *
 * @throws ProviderError `refused`
 */
export function checkEndpoint(address: unknown, name: string, issuer: URL): URL {
  const url = typeof address === "string" && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) throw new ProviderError("refused", `The provider's metadata have no usable ${name}.`);
  const isSecure = url.protocol === "https:" || (url.protocol === "http:" && issuer.protocol === "http:");
  if (!isSecure) throw new ProviderError("refused", `The provider's ${name} is not an https: address.`);
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    throw new ProviderError("refused", `The provider's ${name} holds credentials or a fragment.`);
  }
  // An issuer on loopback stays there: it is for development, and its tokens do not travel in the clear.
  const isAllowedHost =
    issuer.protocol === "http:" ? isLoopback(url) : !isInside(url) || url.hostname === issuer.hostname;
  if (!isAllowedHost) throw new ProviderError("refused", `The provider's ${name} is a place that it may not name.`);
  return url;
}

function isLoopback(url: URL): boolean {
  return isLocalName(url.hostname) || addressOf(url)?.range() === "loopback";
}

/** This machine, or an IP address that is nobody's on the internet: private, link-local (cloud metadata), multicast and so on. */
function isInside(url: URL): boolean {
  const address = addressOf(url);
  return isLocalName(url.hostname) || (address !== undefined && address.range() !== "unicast");
}

function isLocalName(hostname: string): boolean {
  return /^(?:.+\.)?localhost\.?$/.test(hostname);
}

/** IPv4 in IPv6 is IPv4. The parser of URLs has made every other spelling (`0x7f.1`, `2130706433`) the usual one. */
function addressOf({ hostname }: URL): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const text = hostname.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(text) ? ipaddr.process(text) : undefined;
}
