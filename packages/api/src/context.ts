// A request as the procedures see it: who sent it, lazily and once, and what the server can do.

import type { Accounts } from "@signet/accounts";
import { parseBearer } from "@signet/auth/bearer";
import type { AccessTokenClaims } from "@signet/auth/claims";
import type { AccessTokenVerifier } from "@signet/auth/verify";
import type { Logger } from "pino";

/** What the API works with; built once per process. */
export interface ApiServices {
  accounts: Accounts;
  verifier: AccessTokenVerifier;
  /** The published keys. @throws AuthError `keys_unavailable` */
  jwks(): { keys: object[] };
  /** One word per part that must work before requests should come: "ok", or what is wrong. */
  readiness(): Promise<Record<string, string>>;
  log: Logger;
}

/** What only the server that took the connection knows. */
export interface Peer {
  /** The client's address, from the socket or from a trusted proxy; never from a header that the client may set. */
  address: string | null;
}

export interface Context {
  accounts: Accounts;
  log: Logger;
  /** What a session remembers of where it began. */
  client: { device: string | null; address: string | null };
  /**
   * Verifies the bearer token at the first call; every later call of the same request gets the same answer.
   *
   * @throws AuthError `token_missing` | `token_malformed` | `token_invalid` | `token_expired` | `keys_unavailable`
   */
  authenticate(): Promise<AccessTokenClaims>;
}

const maxDeviceLength = 200;

/** Identity comes from the `Authorization` header alone: never from a cookie, the query or another header. */
export function createContext(services: ApiServices, request: Request, peer: Peer): Context {
  let claims: Promise<AccessTokenClaims> | undefined;
  return {
    accounts: services.accounts,
    log: services.log,
    client: { device: deviceOf(request), address: peer.address },
    authenticate: () => (claims ??= authenticate(services.verifier, request)),
  };
}

/**
 * Reads and verifies the bearer token of a request.
 *
 * @throws AuthError as `Context.authenticate`
 */
export async function authenticate(verifier: AccessTokenVerifier, request: Request): Promise<AccessTokenClaims> {
  return verifier.verify(parseBearer(request.headers.get("authorization")));
}

/** The `User-Agent` as text for the person to recognise; it decides nothing. */
function deviceOf(request: Request): string | null {
  const text = (request.headers.get("user-agent") ?? "").replaceAll(/[^\x20-\x7e]/g, "").slice(0, maxDeviceLength);
  return text === "" ? null : text;
}
