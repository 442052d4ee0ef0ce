// A request as the procedures see it: who sent it, lazily and once, and what the server can do.

import type { Accounts, AuditLog, Budgets, Client } from "@signet/accounts";
import { parseBearer } from "@signet/auth/bearer";
import type { AccessTokenClaims } from "@signet/auth/claims";
import type { AccessTokenVerifier } from "@signet/auth/verify";
import type { Logger } from "pino";
import { browserCallsOf } from "./http/browser-calls.ts";
import type { Measured, Metrics } from "./metrics.ts";
import type { RevocationPages } from "./revocation-feed.ts";
import type { ServiceClient } from "./service-clients.ts";
import type { RevocationNews } from "./session-watch.ts";
import { type CallShape, createTokenDelivery, type TokenDelivery } from "./token-delivery.ts";
import { withSpan } from "./tracing.ts";

/** What the API works with; built once per process. */
export interface ApiServices {
  accounts: Accounts;
  /** Refuses tokens of sessions that have ended. */
  verifier: AccessTokenVerifier;
  /** What was ended lately, here or anywhere else. */
  revocations: RevocationNews;
  /** Below which path it is mounted, such as `/signet`. Default none. Part of the cookies' path. */
  basePath?: string;
  /**
   * The public origin of the API, all origins whose pages may call it, and where the pages are that people come back to from a provider.
   * Default for the last: the API's own.
   */
  origins: { own: string; allowed: readonly string[]; pages?: string };
  /** The `iss` of the tokens. Default: the API's own origin. */
  issuer?: string;
  /** Other services that may introspect, revoke and follow revocations. Default: none may. */
  clients?: readonly ServiceClient[];
  /** How often they may ask about tokens, and people about their accounts; accounts have their own. Default: as often as they like. */
  budgets?: Budgets;
  /** Where other services' revocations are read from. Default: there is no feed for them. */
  revocationPages?: RevocationPages;
  /** Where it is written down that a service could not sign in; accounts have their own. Default: nowhere. */
  audit?: AuditLog;
  /** Counts what happens. Default: a set of its own. */
  metrics?: Metrics;
  /** Of the database, for the metrics. */
  connections?: NonNullable<Measured["connections"]>;
  /** Of the signing keys, for the metrics. */
  keyAges?: NonNullable<Measured["keyAges"]>;
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
  /** Whether the request comes from this machine itself: from a loopback socket, with no proxy between. Default no. */
  local?: boolean;
}

export interface Context {
  accounts: Accounts;
  log: Logger;
  /** What a session remembers of where it began. */
  client(): Client;
  delivery: TokenDelivery;
  /**
   * Verifies the bearer token at the first call; every later call of the same request gets the same answer.
   *
   * @throws AuthError `token_missing` | `token_malformed` | `token_invalid` | `token_expired` | `keys_unavailable`
   */
  authenticate(): Promise<AccessTokenClaims>;
  /**
   * Counts a call that asks the database on behalf of whoever is calling.
   *
   * @throws AuthError as `authenticate`, and `rate_limited`
   */
  chargeCall(): Promise<void>;
  /**
   * Asks the database, at the first call, whether the caller's session and token still stand; once, however many calls the request has.
   *
   * @throws AuthError as `authenticate`, and `token_revoked` | `storage_unavailable`
   */
  requireLive(): Promise<void>;
}

const maxDeviceLength = 200;

/** What only tRPC's adapter knows of a call: whom it shares its request with, and where its answer's headers go. */
export interface CallInfo {
  shape: CallShape;
  answerHeaders: Pick<Headers, "append">;
}

/** The headers of a request, of whatever kind it is. */
export interface RequestHeaders {
  headers: { get(name: string): string | null };
}

/** Identity comes from the `Authorization` header alone: never from a cookie, the query or another header. */
export function createContext(
  services: ApiServices,
  request: RequestHeaders,
  peer: Peer,
  call: CallInfo = { shape: "alone", answerHeaders: new Headers() },
): Context {
  let claims: Promise<AccessTokenClaims> | undefined;
  let live: Promise<void> | undefined;
  const authenticateOnce = () => (claims ??= authenticate(services.verifier, request));
  return {
    accounts: services.accounts,
    log: services.log,
    client: () => clientOf(request, peer),
    delivery: createTokenDelivery(browserCallsOf(services), request, call),
    authenticate: authenticateOnce,
    async chargeCall() {
      const { sid: sessionId } = await authenticateOnce();
      await services.budgets?.charge({ operation: "account_call", sessionId });
    },
    requireLive: () => (live ??= authenticateOnce().then((whose) => services.accounts.sessions.requireLive(whose))),
  };
}

/**
 * Reads and verifies the bearer token of a request.
 *
 * @throws AuthError as `Context.authenticate`
 */
export async function authenticate(verifier: AccessTokenVerifier, request: RequestHeaders): Promise<AccessTokenClaims> {
  return withSpan("verify access token", {}, async () =>
    verifier.verify(parseBearer(request.headers.get("authorization"))),
  );
}

/** Where a request came from, for the person to recognise. */
export function clientOf(request: RequestHeaders, { address }: Peer): Client {
  return { device: deviceOf(request), address };
}

/** The `User-Agent` as text for the person to recognise; it decides nothing. */
function deviceOf(request: RequestHeaders): string | null {
  const text = (request.headers.get("user-agent") ?? "").replaceAll(/[^\x20-\x7e]/g, "").slice(0, maxDeviceLength);
  return text === "" ? null : text;
}
