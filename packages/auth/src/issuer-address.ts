// Which addresses of an issuer may be asked: over TLS, as a stranger on the way could otherwise hand out keys of their own; on
// this very machine, without.

const localHostname = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Checks an address that is fetched.
 *
 * @param name How the address is called in the message.
 * @throws TypeError
 */
export function checkAddress(address: unknown, name: string, allowInsecureHttp: boolean): URL {
  const url = typeof address === "string" && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) throw new TypeError(`${name} must be an absolute URL.`);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw new TypeError(`${name} must be an https: address.`);
  if (url.username !== "" || url.password !== "") throw new TypeError(`${name} must not hold credentials.`);
  if (url.hash !== "") throw new TypeError(`${name} must not have a fragment.`);
  if (url.protocol === "http:" && !allowInsecureHttp && !localHostname.test(url.hostname)) {
    throw new TypeError(`${name} must be an https: address: over http: only localhost, or with allowInsecureHttp.`);
  }
  return url;
}

/**
 * Checks an issuer's address: as above, and without a query.
 *
 * @see RFC 8414 §2
 */
export function checkIssuer(issuer: unknown, allowInsecureHttp: boolean): URL {
  const url = checkAddress(issuer, "issuer", allowInsecureHttp);
  if (url.search !== "" || String(issuer).includes("?")) throw new TypeError("issuer must not have a query.");
  return url;
}
