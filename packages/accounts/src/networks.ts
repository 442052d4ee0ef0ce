// Whose address it is, as far as an address can say: the networks that one customer of a provider has.

import ipaddr from "ipaddr.js";

/** Of IPv6, the network of one household or machine, and the one that a customer can have many of those in. */
const householdBits = 64;
const customerBits = 48;

export interface Networks {
  /** An IPv4 address, or an IPv6 /64. */
  near: string;
  /** The IPv6 /48 around it; none for IPv4. */
  wide?: string;
}

/**
 * The networks of an address, each in one spelling: IPv4 in IPv6 (`::ffff:192.0.2.7`) is IPv4, and a zone counts for nothing. What is no
 * address has one network with all else that is none.
 */
export function networksOf(address: string | null): Networks {
  const [text = ""] = withoutPort(address ?? "").split("%");
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return { near: ipaddr.IPv4.parse(text).toString() };
  if (!ipaddr.IPv6.isValid(text)) return { near: "unknown" };
  const parsed = ipaddr.IPv6.parse(text);
  if (parsed.isIPv4MappedAddress()) return { near: parsed.toIPv4Address().toString() };
  return { near: network(parsed, householdBits), wide: network(parsed, customerBits) };
}

/** Some proxies write `192.0.2.7:443` and `[2001:db8::1]:443`. */
function withoutPort(address: string): string {
  const [, ipv6, ipv4] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(address) ?? [];
  return ipv6 ?? ipv4 ?? address;
}

function network(address: ipaddr.IPv6, bits: number): string {
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${bits}`).toString()}/${bits}`;
}
