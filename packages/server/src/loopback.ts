// Addresses that lead to this machine itself, where nobody is on the way.

/** Whether an origin can only be reached from this machine. */
export function isLoopback(url: string): boolean {
  return isLoopbackHost(new URL(url).hostname);
}

/** The same of a host as it stands in an address. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "127.0.0.1" || host === "[::1]";
}
