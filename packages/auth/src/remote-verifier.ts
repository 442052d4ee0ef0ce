// A verifier for another service: it has the issuer's address and nothing else of the issuer's. Keys and revocations are fetched
// in the background and kept in memory, so that no request waits for the network once both are here.

import { type Clock, systemClock } from "./clock.ts";
import { checkAddress, checkIssuer } from "./issuer-address.ts";
import { createIssuerMetadata, fixedEndpoints, type IssuerMetadata } from "./issuer-metadata.ts";
import { createRemoteKeys } from "./remote-keys.ts";
import { type ClientCredentials, createRemoteRevocations } from "./remote-revocations.ts";
import { createRevocations, type Revocations } from "./revocation-follower.ts";
import { createUnhurriedCheck } from "./unhurried-check.ts";
import type { SigningAlgorithm } from "./verification-keys.ts";
import { type AccessTokenVerifier, createAccessTokenVerifier } from "./verify-access-token.ts";
import { byTimer, type Schedule } from "./within-time.ts";

/** What is fetched, each of which can fail by itself. */
export type RemotePart = "metadata" | "keys" | "revocations";

export interface RemoteVerifierOptions {
  /** The issuer's address, exactly as `iss` has it: an origin, maybe with a path. */
  issuer: string;
  /** Who we are: a token is accepted if any of its audiences is one of these. Default: the issuer. */
  audience?: string | readonly string[];
  /** The algorithms that are accepted. HS256 has no public keys. Default ES256 alone. */
  algorithms?: readonly SigningAlgorithm[];
  /** Our credentials for the feed of revocations. Without them a token is good until it expires, and `status` says so. */
  client?: ClientCredentials;
  /** Where the keys are. Default: as the issuer's metadata says (RFC 8414). */
  jwksUrl?: string;
  /** Where the feed is. Default: as the issuer's metadata says. */
  revocationsUrl?: string;
  /** For how long keys are used while the issuer is down, in seconds. Default 86,400. */
  jwksStaleSeconds?: number;
  /** What happens while the view of revocations is too old: see `createRevocations`. Default "accept". */
  whenStale?: "accept" | "reject";
  /** From what age on it is too old, in seconds. Default 30. */
  staleAfterSeconds?: number;
  /** How far the issuer's clock may be from ours, in seconds, 0 to 60. Default 30. */
  clockToleranceSeconds?: number;
  /**
   * Given what goes on after a request was answered, where a platform would otherwise end it with the request: `waitUntil` of
   * Cloudflare or Vercel, `after` of Next.js. Default: nobody has to know.
   */
  waitUntil?: (work: Promise<unknown>) => void;
  /** Permits addresses with http: that are not this very machine. Default false. */
  allowInsecureHttp?: boolean;
  /** Default: the machine's own. */
  clock?: Clock;
  /** Default: the runtime's. */
  fetch?: typeof fetch;
  /** Milliseconds that no change of the machine's clock moves. Default `performance.now`. */
  monotonicMs?: () => number;
  /** Calls back after so many milliseconds, unless the function it gives is called first. Default: the runtime's timers. */
  schedule?: Schedule;
  /** From 0 up to 1. Default `Math.random`. */
  random?: () => number;
  /** Told once when something can no longer be fetched, with the first error. Must not throw. */
  onProblem?: (part: RemotePart, error: unknown) => void;
  /** Told once when it can again. Must not throw. */
  onRecovered?: (part: RemotePart) => void;
}

export interface RemoteVerifierStatus {
  /**
   * Whether there are keys and, with a client, the whole list of revocations was here once; where a stale view rejects, it is not
   * stale either. Send no requests before.
   */
  ready: boolean;
  /** `stale`: in use, but not confirmed by the last fetch. `missing`: every token gets `keys_unavailable`. */
  keys: "ok" | "stale" | "missing";
  revocations: "ok" | "stale" | "missing" | "not followed";
  /** How long ago the keys were confirmed. Infinity before there are any. */
  keysAgeMs: number;
  /** Everything that was revoked before that is known. Infinity before there is a list. */
  revocationsAgeMs: number;
  revocationEntries: number;
  /** How many requests were sent to the issuer. */
  fetches: number;
  /**
   * How many tokens named a key that the issuer had not published by then. A few are strangers, and the first after a rotation; a steady
   * rise is a second issuer, made by mistake, whose tokens arrive here.
   */
  unknownKids: number;
}

export interface RemoteVerifier extends AccessTokenVerifier {
  /**
   * Begins to fetch and to follow, until `stop`. Where no timer may run between requests (at the edge) it need not be called:
   * what is due is then fetched when tokens come.
   */
  start(): void;
  status(): RemoteVerifierStatus;
  /** What was revoked; undefined without `client`. */
  readonly revocations: Revocations | undefined;
  /** Ends everything for good. Over when nothing runs any more. */
  stop(): Promise<void>;
}

const timeoutMs = 5_000;
/** A view of a quiet list is up to twice as old as a question is held: so there is a third of the limit to spare. */
const mostWaitSeconds = 10;
const partsOfStaleAfter = 3;

/**
 * Makes a verifier that needs no key, no database and no secret of the issuer.
 *
 * @throws TypeError when an option is missing or out of range.
 */
export function createRemoteVerifier(options: RemoteVerifierOptions): RemoteVerifier {
  checkOptions(options);
  const { issuer, audience = issuer, algorithms = ["ES256"], client, jwksStaleSeconds = 24 * 60 * 60 } = options;
  const { whenStale = "accept", staleAfterSeconds = 30, clockToleranceSeconds = 30 } = options;
  const { clock = systemClock, monotonicMs = () => performance.now(), schedule = byTimer } = options;
  const { random = Math.random, waitUntil = () => {}, onProblem = () => {}, onRecovered = () => {} } = options;
  const lifetime = new AbortController();
  const { signal } = lifetime;
  let fetches = 0;
  let isStarted = false;

  const countedFetch: typeof fetch = (input, init) => {
    fetches += 1;
    // Looked up at each call, and called as a function of nobody: both matter to some runtimes and to tests.
    return (options.fetch ?? globalThis.fetch)(input, init);
  };
  const toldOf = (part: RemotePart) => ({
    onProblem: (error: unknown) => onProblem(part, error),
    onRecovered: () => onRecovered(part),
  });

  const shared = { fetch: countedFetch, clock, monotonicMs, schedule, random, waitUntil, timeoutMs, signal };
  const endpoints = endpointsFor(options, () =>
    createIssuerMetadata({
      ...shared,
      issuer,
      allowInsecureHttp: options.allowInsecureHttp ?? false,
      ...toldOf("metadata"),
    }),
  );
  const keys = createRemoteKeys({
    ...shared,
    ...toldOf("keys"),
    endpoints,
    algorithms,
    staleSeconds: jwksStaleSeconds,
  });
  const waitSeconds = Math.min(mostWaitSeconds, Math.floor(staleAfterSeconds / partsOfStaleAfter));
  const revocations =
    client === undefined
      ? undefined
      : createRevocations({
          ...shared,
          ...toldOf("revocations"),
          source: createRemoteRevocations({ ...shared, endpoints, client }),
          whenStale,
          staleAfterSeconds,
          waitMs: waitSeconds * 1000,
          // Held questions are asked again almost at once; the pause bounds what an issuer that never holds them has to bear.
          pollMs: waitSeconds === 0 ? 500 : 100,
        });
  revocations?.subscribe(keys.noticeRevoked);
  const check = revocations && createUnhurriedCheck({ revocations, monotonicMs, waitUntil });
  const verifier = createAccessTokenVerifier({
    issuer,
    audience,
    algorithms,
    keys,
    clock,
    clockToleranceSeconds,
    ...(check && { revocations: check }),
  });

  function revocationsStatus(): RemoteVerifierStatus["revocations"] {
    if (revocations === undefined) return "not followed";
    if (!revocations.ready) return "missing";
    return revocations.stale ? "stale" : "ok";
  }

  /** Where a stale view refuses everybody, nobody should be sent here. */
  function canAnswer(): boolean {
    const status = revocationsStatus();
    return status === "not followed" || status === "ok" || (status === "stale" && whenStale === "accept");
  }

  return {
    ...verifier,
    revocations,
    start() {
      if (isStarted || signal.aborted) return;
      isStarted = true;
      keys.start();
      check?.follow();
    },
    status: () => ({
      ready: keys.status() !== "missing" && canAnswer(),
      keys: keys.status(),
      revocations: revocationsStatus(),
      keysAgeMs: keys.ageMs(),
      revocationsAgeMs: revocations?.ageMs() ?? Number.POSITIVE_INFINITY,
      revocationEntries: revocations?.size ?? 0,
      fetches,
      unknownKids: keys.unknownKids(),
    }),
    async stop() {
      lifetime.abort();
      await revocations?.stop();
    },
  };
}

/** With addresses for all that is needed the metadata is not fetched at all. */
function endpointsFor(options: RemoteVerifierOptions, fromMetadata: () => IssuerMetadata): IssuerMetadata {
  const { jwksUrl, revocationsUrl, client } = options;
  if (jwksUrl !== undefined && (revocationsUrl !== undefined || client === undefined)) {
    return fixedEndpoints({ jwksUrl, revocationsUrl });
  }
  const metadata = fromMetadata();
  return {
    async find() {
      const found = await metadata.find();
      return { jwksUrl: jwksUrl ?? found.jwksUrl, revocationsUrl: revocationsUrl ?? found.revocationsUrl };
    },
    doubt: metadata.doubt,
  };
}

function checkOptions(options: RemoteVerifierOptions): void {
  const { issuer, algorithms, client, jwksUrl, revocationsUrl, allowInsecureHttp = false } = options;
  checkIssuer(issuer, allowInsecureHttp);
  if (jwksUrl !== undefined) checkAddress(jwksUrl, "jwksUrl", allowInsecureHttp);
  if (revocationsUrl !== undefined) checkAddress(revocationsUrl, "revocationsUrl", allowInsecureHttp);
  if (algorithms?.includes("HS256")) {
    throw new TypeError("algorithms must not name HS256: its key is a secret, and whoever holds it can sign.");
  }
  if (client !== undefined) checkClient(client);
  const { jwksStaleSeconds = 1 } = options;
  if (!(Number.isFinite(jwksStaleSeconds) && jwksStaleSeconds > 0)) {
    throw new TypeError("jwksStaleSeconds must be a number above 0.");
  }
}

function checkClient({ id, secret }: ClientCredentials): void {
  // The first colon ends the id (RFC 7617 §2).
  if (typeof id !== "string" || id === "" || /[:\p{Cc}]/u.test(id)) {
    throw new TypeError("client.id must be text without a colon or control characters.");
  }
  if (typeof secret !== "string" || secret === "" || /\p{Cc}/u.test(secret)) {
    throw new TypeError("client.secret must be text without control characters.");
  }
}
